use rig::Agent;

fn main() {
    let agent = Agent { model: "mistral".to_string() };
    for llama in ["Phi", "Claude", "Gemini"] {
        println!("{}", agent.prompt(llama));
    }
}
