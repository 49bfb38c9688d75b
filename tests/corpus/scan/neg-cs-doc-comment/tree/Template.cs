using System.Text;

namespace Text
{
    /// <summary>Fills a template.</summary>
    /// <example><code>
    /// // formerly: using Microsoft.SemanticKernel;
    /// var t = new Template("Dear {0}");
    /// </code></example>
    public sealed class Template
    {
        private readonly string _text;
        public Template(string text) { _text = text; }

        /* using OpenAI; */
        public string Fill(params object[] values) => string.Format(_text, values);

        public const string Help = @"No ""model"" is asked here.
Set text, then fill.";
    }
}
