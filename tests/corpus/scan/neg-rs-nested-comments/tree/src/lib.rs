//! Ratios in nature.

use num_traits::Float;

/* an experiment
   /* use async_openai::Client; */
   let model = "falcon";
*/

/// The golden ratio.
pub fn phi<T: Float>() -> T {
    let two = T::one() + T::one();
    (T::one() + (two + two + T::one()).sqrt()) / two
}

pub struct Llama {
    pub model: &'static str,
}

pub fn herd(o1: usize) -> Vec<Llama> {
    let falcon = r#"one "falcon" and no llama"#;
    (0..o1).map(|_| Llama { model: falcon }).collect()
}
