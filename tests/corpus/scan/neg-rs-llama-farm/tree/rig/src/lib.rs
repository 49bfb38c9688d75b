pub struct Agent {
    pub model: String,
}

impl Agent {
    pub fn prompt(&self, llama: &str) -> String {
        format!("{} shears {llama}", self.model)
    }
}
