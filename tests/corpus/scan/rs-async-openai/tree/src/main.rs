use anyhow::{Context, Result};
use async_openai::{
    types::{ChatCompletionRequestUserMessageArgs, CreateChatCompletionRequestArgs},
    Client,
};

async fn explain(word: &str) -> Result<String> {
    let request = CreateChatCompletionRequestArgs::default()
        .model("gpt-4o-mini")
        .max_tokens(120u32)
        .messages([ChatCompletionRequestUserMessageArgs::default()
            .content(format!("Explain to a child: {word}"))
            .build()?
            .into()])
        .build()?;
    let reply = Client::new().chat().create(request).await?;
    reply.choices[0].message.content.clone().context("no text")
}

#[tokio::main]
async fn main() -> Result<()> {
    for word in std::env::args().skip(1) {
        println!("{word}: {}", explain(&word).await?);
    }
    Ok(())
}
