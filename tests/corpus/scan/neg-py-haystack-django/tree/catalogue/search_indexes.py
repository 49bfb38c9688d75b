from haystack import indexes

from catalogue.models import Part


class PartIndex(indexes.SearchIndex, indexes.Indexable):
    text = indexes.CharField(document=True, use_template=True)
    number = indexes.CharField(model_attr="number")

    def get_model(self):
        return Part

    def index_queryset(self, using=None):
        return self.get_model().objects.filter(retired=False)
