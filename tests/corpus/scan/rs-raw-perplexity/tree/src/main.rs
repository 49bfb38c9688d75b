use serde_json::{json, Value};

const ADDRESS: &str = concat!("https://api.perplexity.ai", "/chat/completions");

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let question: Vec<String> = std::env::args().skip(1).collect();
    let reply: Value = ureq::post(ADDRESS)
        .set("Authorization", &format!("Bearer {}", std::env::var("LOOK_UP_KEY")?))
        .send_json(json!({
            "model": "sonar-pro",
            "messages": [{ "role": "user", "content": question.join(" ") }],
        }))?
        .into_json()?;
    println!("{}", reply["choices"][0]["message"]["content"].as_str().unwrap_or("?"));
    Ok(())
}
