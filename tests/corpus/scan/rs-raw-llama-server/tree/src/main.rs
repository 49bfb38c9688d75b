use serde_json::{json, Value};
use std::io::Read;

/// Where llama-server listens.
const SERVER: &str = "http://127.0.0.1:8080/completion";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut prompt = String::new();
    std::io::stdin().read_to_string(&mut prompt)?;
    let body = json!({
        "prompt": prompt,
        "n_predict": 64,
        "cache_prompt": true,
        "stop": ["\n\n"],
    });
    let reply: Value = reqwest::blocking::Client::new().post(SERVER).json(&body).send()?.json()?;
    println!("{}", reply["content"].as_str().unwrap_or_default());
    Ok(())
}
