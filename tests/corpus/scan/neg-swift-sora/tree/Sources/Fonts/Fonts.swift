import Foundation

/* once: /* import CoreML */ and no more */
public enum Font: String, CaseIterable {
    case sora = "Sora"
    case gemini = "Gemini Display"
    case claude = "Claude Garamond"
    case mistral = "Mistral"
}

public struct Model {
    public let font: Font
    public var phi: Double { (1 + 5.0.squareRoot()) / 2 }
    public static let note = #"""
    \#(Font.mistral.rawValue) is a script of 1953.
    It needs no "model".
    """#

    public func whisper(_ text: String) -> String { text.lowercased() }
}
