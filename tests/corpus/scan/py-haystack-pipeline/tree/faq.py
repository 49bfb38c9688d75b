from haystack import Document, Pipeline
from haystack.components.builders import PromptBuilder
from haystack.components.generators import OpenAIGenerator
from haystack.components.retrievers.in_memory import InMemoryBM25Retriever
from haystack.document_stores.in_memory import InMemoryDocumentStore

store = InMemoryDocumentStore()
store.write_documents([Document(content="Returns are free for 30 days.")])

template = """{% for d in documents %}{{ d.content }}{% endfor %}
Question: {{ query }}"""

faq = Pipeline()
faq.add_component("find", InMemoryBM25Retriever(document_store=store))
faq.add_component("prompt", PromptBuilder(template=template))
faq.add_component("llm", OpenAIGenerator(model="gpt-4o-mini"))
faq.connect("find", "prompt.documents")
faq.connect("prompt", "llm")


def answer(query):
    done = faq.run({"find": {"query": query}, "prompt": {"query": query}})
    return done["llm"]["replies"][0]
