using Cria.Text;

namespace Cria.Runtime;

/// <summary>Puts a query and a document together as a reranker was trained to see them.</summary>
internal sealed class RerankPrompt
{
    /// <summary>The key under which a file keeps the text around both.</summary>
    public const string TemplateKey = "tokenizer.chat_template.rerank";

    private const string QueryMark = "{query}", DocumentMark = "{document}";

    private readonly Tokenizer _tokenizer;
    private readonly string? _template;
    private readonly string _query;
    private readonly int[] _before, _after;

    /// <summary>Prepares for documents of one query; without a template, the tokenizer's special tokens part the two.</summary>
    public RerankPrompt(Tokenizer tokenizer, string? template, string query)
    {
        (_tokenizer, _template, _query) = (tokenizer, template, query);
        if (template is not null)
        {
            (_before, _after) = ([], []);
            return;
        }

        int? end = tokenizer.AddEos ? tokenizer.Eos ?? tokenizer.Sep : null;
        int?[] begin = [tokenizer.AddBos ? tokenizer.Bos : null], border = [end, tokenizer.AddSep ? tokenizer.Sep : null];
        _before = [.. begin.OfType<int>(), .. tokenizer.Encode(query, addSpecial: false, parseSpecial: false), .. border.OfType<int>()];
        _after = end is { } last ? [last] : [];
    }

    /// <summary>The tokens that the model is to score.</summary>
    public int[] Tokens(string document) => _template is null
        ? [.. _before, .. _tokenizer.Encode(document, addSpecial: false, parseSpecial: false), .. _after]
        : _tokenizer.Encode(Fill(_template, document), addSpecial: false, parseSpecial: true);

    // The template is cut at its own marks only, so that marks within a query stay text.
    private string Fill(string template, string document) => string.Join(_query,
        template.Split(QueryMark).Select(part => part.Replace(DocumentMark, document, StringComparison.Ordinal)));
}
