// swift-tools-version:5.9
import PackageDescription

let package = Package(
    name: "Postcards",
    platforms: [.macOS(.v13)],
    dependencies: [
        // .package(url: "https://github.com/example/OldCards.git", from: "1.0.0"),
        .package(url: "https://github.com/MacPaw/OpenAI.git", from: "0.3.0"),
    ],
    targets: [
        .executableTarget(name: "Postcards", dependencies: [.product(name: "OpenAI", package: "OpenAI")]),
    ]
)
