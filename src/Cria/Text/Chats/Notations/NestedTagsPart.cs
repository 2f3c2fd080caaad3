using System.Text;
using System.Text.Json;

namespace Cria.Text.Chats;

/// <summary>
/// The arguments as tags that are named after the parameters and contain each other as the values do, with <c>item</c> for those
/// of lists. They are passed on when they have come to their end.
/// </summary>
/// <param name="mark">What stands before every tag.</param>
/// <param name="end">The tag that ends the arguments.</param>
internal sealed class NestedTagsPart(string mark, string end) : ToolNotationPart
{
    private const string Item = "item";

    // Values nested deeper are not read; a model that writes so many tags has lost its way.
    private const int DeepestNesting = 64;

    private readonly ChatReaderStops _endStops = new(mark + end);

    public override IEnumerable<string> Marks => [mark];

    public override string Gbnf(ToolNotationGrammar grammar, ChatTool tool) =>
        Members(grammar, tool, ToolParameters.AsObject(tool.Parameters), $"{grammar.Prefix(tool)}-parameters");

    private string Members(ToolNotationGrammar grammar, ChatTool tool, JsonElement schema, string name)
    {
        var members = ToolParameters.Names(schema).Select(member =>
        {
            string rule = $"{name}-{member.Name}";
            string element = Element(grammar, tool, ToolParameters.Schema(schema, member.Name)!.Value, member.Name, rule);
            return (Rule: grammar.Rule($"{rule}-tag", $"{element} {grammar.Space}"), member.IsRequired);
        });
        return grammar.AnyOrder(name, [.. members]);
    }

    private string Element(ToolNotationGrammar grammar, ChatTool tool, JsonElement schema, string tag, string name)
    {
        string open = grammar.Exactly($"{mark}<{tag}>"), close = $"{mark}</{tag}>";
        JsonKinds kinds = ToolParameters.Kinds(tool, schema);
        if (kinds.HasFlag(JsonKinds.String)) return $"{open} {grammar.TextValue(tool, schema, close)}";
        if (kinds == JsonKinds.Object && ToolParameters.Names(schema).Count > 0)
            return $"{open} {grammar.Space} {Members(grammar, tool, schema, name)} {grammar.Exactly(close)}";
        if (kinds == JsonKinds.Array && ToolParameters.Items(schema) is { } items)
        {
            string item = Element(grammar, tool, items, Item, $"{name}-{Item}");
            return $"{open} {grammar.Space} {grammar.List(schema, item, grammar.Space)} {grammar.Space} {grammar.Exactly(close)}";
        }

        return $"{open} {grammar.Schema(tool, schema)} {grammar.Exactly(close)}";
    }

    public override ToolNotationPartReader CreateReader() => new Reader(this);

    private sealed class Reader(NestedTagsPart part) : ToolNotationPartReader
    {
        private readonly StringBuilder _tags = new();

        public override Progress Read(ChatReaderText text, CallInProgress call)
        {
            call.Announce();
            _tags.Append(text.Take(text.LengthBefore(part._endStops, out string? stop)));
            if (stop is null) return text.IsComplete ? Progress.Failed : Progress.NeedsMore;
            int position = 0;
            call.Append(part.Members(_tags.ToString(), ref position, call.Tool?.Parameters, 0));
            return Progress.Done;
        }

        public override void BreakOff(ChatReaderText text, CallInProgress call)
        {
            int position = 0;
            call.Append(part.Members($"{_tags}{text.Take(text.Unread.Length)}", ref position, call.Tool?.Parameters, 0));
        }
    }

    // The tags from a position on as the members of an object.
    private string Members(string text, ref int position, JsonElement? schema, int depth)
    {
        var json = new StringBuilder("{");
        while (Open(text, ref position) is { } tag)
        {
            JsonElement? member = schema is { } known ? ToolParameters.Schema(known, tag) : null;
            json.Append($"{(json.Length > 1 ? "," : "")}{JsonText.Quote(tag)}:{Value(text, ref position, tag, member, depth)}");
        }

        return json.Append('}').ToString();
    }

    private string Items(string text, ref int position, JsonElement? schema, int depth)
    {
        JsonElement? items = schema is { } known ? ToolParameters.Items(known) : null;
        var json = new StringBuilder("[");
        while (Open(text, ref position) is { } tag)
            json.Append($"{(json.Length > 1 ? "," : "")}{Value(text, ref position, tag, items, depth)}");
        return json.Append(']').ToString();
    }

    private string Value(string text, ref int position, string tag, JsonElement? schema, int depth)
    {
        string close = $"{mark}</{tag}>";
        JsonKinds kinds = ToolParameters.Kinds(null, schema);
        int inside = position;
        bool isNested = kinds != JsonKinds.String && depth < DeepestNesting && Open(text, ref inside) is not null;
        if (isNested || (kinds == JsonKinds.Array && Begins(text, position, close)))
        {
            bool isList = kinds == JsonKinds.Array || (kinds != JsonKinds.Object && Begins(text, position, $"{mark}<{Item}>"));
            string nested = isList ? Items(text, ref position, schema, depth + 1) : Members(text, ref position, schema, depth + 1);
            int after = text.IndexOf(close, position, StringComparison.Ordinal);
            position = after < 0 ? text.Length : after + close.Length;
            return nested;
        }

        int end = text.IndexOf(close, position, StringComparison.Ordinal);
        string written = text[position..(end < 0 ? text.Length : end)];
        position = end < 0 ? text.Length : end + close.Length;
        return kinds == JsonKinds.String ? JsonText.Quote(written) : JsonText.Value(written, kinds);
    }

    private static bool Begins(string text, int position, string tag) =>
        text.AsSpan(position).TrimStart().StartsWith(tag, StringComparison.Ordinal);

    // The name of the tag that opens here, or null where none does.
    private string? Open(string text, ref int position)
    {
        int begin = position;
        while (begin < text.Length && char.IsWhiteSpace(text[begin])) begin++;
        if (string.CompareOrdinal(text, begin, mark + "<", 0, mark.Length + 1) != 0) return null;
        int end = text.IndexOf('>', begin + mark.Length);
        if (end < 0 || text[begin + mark.Length + 1] == '/') return null;
        position = end + 1;
        return text[(begin + mark.Length + 1)..end];
    }
}
