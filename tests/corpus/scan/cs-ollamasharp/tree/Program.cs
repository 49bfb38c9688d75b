using System;
using System.Threading.Tasks;
using OllamaSharp;

internal static class Program
{
    private static async Task Main(string[] args)
    {
        var ollama = new OllamaApiClient(new Uri("http://localhost:11434")) { SelectedModel = "llama3.2:latest" };
        await foreach (var part in ollama.GenerateAsync(string.Join(" ", args)))
        {
            Console.Write(part?.Response);
        }
    }
}
