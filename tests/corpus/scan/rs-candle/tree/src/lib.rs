use anyhow::Result;
use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use hf_hub::api::sync::Api;

pub fn load() -> Result<BertModel> {
    let repo = Api::new()?.model("sentence-transformers/all-MiniLM-L6-v2".to_string());
    let config: Config = serde_json::from_slice(&std::fs::read(repo.get("config.json")?)?)?;
    let weights = repo.get("model.safetensors")?;
    let vb = unsafe { VarBuilder::from_mmaped_safetensors(&[weights], DType::F32, &Device::Cpu)? };
    Ok(BertModel::load(vb, &config)?)
}

pub fn embed(model: &BertModel, ids: &[u32]) -> Result<Vec<f32>> {
    let ids = Tensor::new(ids, &Device::Cpu)?.unsqueeze(0)?;
    let kinds = ids.zeros_like()?;
    let out = model.forward(&ids, &kinds, None)?;
    Ok(out.mean(1)?.squeeze(0)?.to_vec1()?)
}
