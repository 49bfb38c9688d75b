using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Ask;

public static class Program
{
    private const string Address = @"https://api.deepseek.com/chat/completions";

    public static async Task Main(string[] args)
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Bearer", Environment.GetEnvironmentVariable("ASK_KEY"));
        string question = JsonSerializer.Serialize(string.Join(' ', args));
        string body = $$"""
            {
              "model": "deepseek-chat",
              "messages": [{"role": "user", "content": {{question}}}]
            }
            """;
        var reply = await http.PostAsync(Address, new StringContent(body, Encoding.UTF8, "application/json"));
        Console.WriteLine(await reply.Content.ReadAsStringAsync());
    }
}
