from llama_index.core import Settings, SimpleDirectoryReader, VectorStoreIndex
from llama_index.llms.openai import OpenAI

Settings.llm = OpenAI(model="gpt-4o-mini")
index = VectorStoreIndex.from_documents(SimpleDirectoryReader("minutes").load_data())
engine = index.as_query_engine(similarity_top_k=3)


def ask(question):
    return str(engine.query(question))
