using System;
using System.IO;
using OpenAI.Chat;

var key = Environment.GetEnvironmentVariable("LETTERS_KEY")!;
ChatClient client = new(model: "gpt-4o-mini", apiKey: key);

foreach (var path in args)
{
    string text = await File.ReadAllTextAsync(path);
    ChatCompletion reply = await client.CompleteChatAsync($"Make this letter kinder:\n{text}");
    await File.WriteAllTextAsync(path + ".kind", reply.Content[0].Text);
}
