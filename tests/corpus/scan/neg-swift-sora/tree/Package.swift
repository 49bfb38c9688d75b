// swift-tools-version:5.9
import PackageDescription

let package = Package(name: "Fonts", targets: [.target(name: "Fonts")])
