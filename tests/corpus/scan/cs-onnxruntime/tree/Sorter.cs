using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Sort;

public sealed class Sorter : IDisposable
{
    private readonly InferenceSession _session = new("apples.onnx");

    public int Grade(float[] picture)
    {
        var tensor = new DenseTensor<float>(picture, new[] { 1, 3, 64, 64 });
        var inputs = new List<NamedOnnxValue> { NamedOnnxValue.CreateFromTensor("x", tensor) };
        using var outputs = _session.Run(inputs);
        float[] scores = outputs.First().AsEnumerable<float>().ToArray();
        return Array.IndexOf(scores, scores.Max());
    }

    public void Dispose() => _session.Dispose();
}
