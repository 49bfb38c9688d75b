use serde::Serialize;

#[derive(Serialize)]
pub struct Tensor {
    pub wick: f32,
}

#[derive(Serialize)]
pub struct Candle {
    pub model: String,
    pub wick: Tensor,
}
