import CoreML
import Foundation
import Vision

public struct Finder {
    private let model: VNCoreMLModel

    public init(at url: URL) throws {
        let settings = MLModelConfiguration()
        settings.computeUnits = .cpuAndNeuralEngine
        model = try VNCoreMLModel(for: MLModel(contentsOf: url, configuration: settings))
    }

    public func name(of picture: CGImage) throws -> String? {
        var best: String?
        let request = VNCoreMLRequest(model: model) { request, _ in
            best = (request.results as? [VNClassificationObservation])?.first?.identifier
        }
        try VNImageRequestHandler(cgImage: picture).perform([request])
        return best
    }
}
