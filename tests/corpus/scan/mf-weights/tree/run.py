from llama_cpp import Llama

llm = Llama(model_path="weights/tiny.gguf", n_ctx=512)
print(llm("A haiku on rain:", max_tokens=40)["choices"][0]["text"])
