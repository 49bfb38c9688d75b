import chromadb
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter

store = chromadb.PersistentClient(path="store")
manuals = store.get_or_create_collection("manuals")
embed = OpenAIEmbeddings(model="text-embedding-3-large")
llm = ChatOpenAI(model="gpt-4o", temperature=0)
prompt = ChatPromptTemplate.from_template("Answer from this:\n{context}\n\n{question}")


def add(name, text):
    parts = RecursiveCharacterTextSplitter(chunk_size=800).split_text(text)
    manuals.add(ids=[f"{name}-{i}" for i in range(len(parts))],
                documents=parts, embeddings=embed.embed_documents(parts))


def ask(question):
    found = manuals.query(query_embeddings=[embed.embed_query(question)], n_results=4)
    chain = prompt | llm
    return chain.invoke({"context": "\n".join(found["documents"][0]), "question": question}).content
