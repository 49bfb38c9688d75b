// swift-tools-version:5.9
import PackageDescription

let package = Package(
    name: "Mushrooms",
    platforms: [.iOS(.v16)],
    products: [.library(name: "Mushrooms", targets: ["Mushrooms"])],
    targets: [.target(name: "Mushrooms")]
)
