using Microsoft.SemanticKernel;

var builder = WebApplication.CreateBuilder(args);
var assist = builder.Configuration.GetSection("Assist");

builder.Services.AddKernel()
    .AddAzureOpenAIChatCompletion(assist["Deployment"]!, assist["Endpoint"]!, assist["Key"]!);

var app = builder.Build();
app.MapPost("/plan", async (Kernel kernel, string wish) =>
{
    var plan = await kernel.InvokePromptAsync($"Plan a day around: {wish}");
    return plan.ToString();
});
app.Run();
