mod candle;

use candle::{Candle, Tensor};

fn main() {
    let gemini = Candle { model: "gemini".into(), wick: Tensor { wick: 2.5 } };
    let burn = |c: &Candle| c.wick.wick * 4.0;
    println!("{} burns {} h", gemini.model, burn(&gemini));
}
