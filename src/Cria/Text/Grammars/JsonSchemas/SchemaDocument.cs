using System.Globalization;
using System.Text.Json;

namespace Cria.Text.Grammars;

/// <summary>A JSON schema with the places that references can name.</summary>
internal sealed class SchemaDocument
{
    private const int DeepestNesting = 200;

    // Some base, so that relative identifiers can be resolved where the schema names none.
    private static readonly Uri NoBase = new("schema:/");

    // The members of these are values, not schemas.
    private static readonly string[] Values = ["const", "enum", "default", "example", "examples"];

    private readonly Dictionary<string, SchemaNode> _places = [];
    private readonly Dictionary<string, Uri> _bases = [];
    private readonly Dictionary<string, List<SchemaNode>> _dynamicAnchors = [];

    public SchemaDocument(JsonElement schema)
    {
        Root = new SchemaNode(schema, "");
        _places.TryAdd(NoBase.AbsoluteUri, Root);
        Index(Root, NoBase, 0);
    }

    public SchemaNode Root { get; }

    /// <summary>The schema that a <c>$ref</c> names.</summary>
    public SchemaNode Resolve(SchemaNode reference)
    {
        string text = reference.Text();
        int hash = text.IndexOf('#');
        string address = hash < 0 ? text : text[..hash], fragment = hash < 0 ? "" : Uri.UnescapeDataString(text[(hash + 1)..]);
        Uri baseUri = BaseOf(reference.Pointer);
        if (!Uri.TryCreate(baseUri, address, out Uri? target)) throw reference.Refuse($"\"{text}\" is no reference");
        if (address.Length == 0) target = baseUri;
        bool isAnchor = fragment.Length > 0 && fragment[0] != '/';
        if (_places.TryGetValue(isAnchor ? $"{WithoutFragment(target)}#{fragment}" : WithoutFragment(target), out SchemaNode? place))
        {
            return isAnchor ? place : Follow(reference, place, fragment);
        }
        throw reference.Refuse(isAnchor || address.Length == 0
            ? $"nothing in this schema is called \"{text}\""
            : $"\"{text}\" is another document, which is not fetched; put it into $defs");
    }

    /// <summary>The schema that a <c>$dynamicRef</c> names, where only one can be meant.</summary>
    public SchemaNode ResolveDynamic(SchemaNode reference)
    {
        string text = reference.Text();
        if (!text.StartsWith('#') || !_dynamicAnchors.TryGetValue(text[1..], out List<SchemaNode>? anchors)) return Resolve(reference);
        return anchors is [var only] ? only : throw reference.Refuse("several schemas are called so; use $ref");
    }

    private static SchemaNode Follow(SchemaNode reference, SchemaNode place, string pointer)
    {
        foreach (string step in pointer.Split('/').Skip(1))
        {
            string name = step.Replace("~1", "/").Replace("~0", "~");
            SchemaNode? next = place.Element.ValueKind == JsonValueKind.Array
                && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < place.Element.GetArrayLength()
                ? place.Items("an array")[index]
                : place.Keyword(name);
            place = next ?? throw reference.Refuse($"\"{reference.Text()}\" names nothing in this schema");
        }
        return place;
    }

    private static string WithoutFragment(Uri uri) => uri.AbsoluteUri.Split('#')[0];

    private Uri BaseOf(string pointer)
    {
        for (int end = pointer.Length; end > 0; end = pointer.LastIndexOf('/', end - 1))
        {
            if (_bases.TryGetValue(pointer[..end], out Uri? found)) return found;
        }
        return _bases.GetValueOrDefault("", NoBase);
    }

    private void Index(SchemaNode node, Uri baseUri, int depth)
    {
        if (depth > DeepestNesting) throw node.Refuse($"schemas nest deeper than {DeepestNesting}");
        switch (node.Element.ValueKind)
        {
            case JsonValueKind.Array:
                foreach (SchemaNode item in node.Items("an array")) Index(item, baseUri, depth + 1);
                break;
            case JsonValueKind.Object:
                baseUri = IndexNames(node, baseUri);
                foreach ((string name, SchemaNode member) in node.Members("an object"))
                {
                    if (!Values.Contains(name) || member.IsObject && node.Pointer.EndsWith("/properties", StringComparison.Ordinal)) Index(member, baseUri, depth + 1);
                }
                break;
        }
    }

    private Uri IndexNames(SchemaNode node, Uri baseUri)
    {
        if (TextOf(node, "$id") is { } id && Uri.TryCreate(baseUri, id, out Uri? named))
        {
            _places.TryAdd(WithoutFragment(named), node);
            _bases.TryAdd(node.Pointer, named);
            baseUri = named;
            // Draft 7 named anchors so.
            if (id.StartsWith('#')) _places.TryAdd(named.AbsoluteUri, node);
        }
        foreach (string keyword in (string[])["$anchor", "$dynamicAnchor"])
        {
            if (TextOf(node, keyword) is not { } anchor) continue;
            _places.TryAdd($"{WithoutFragment(baseUri)}#{anchor}", node);
            if (keyword == "$anchor") continue;
            if (!_dynamicAnchors.TryGetValue(anchor, out List<SchemaNode>? nodes)) _dynamicAnchors.Add(anchor, nodes = []);
            nodes.Add(node);
        }
        return baseUri;
    }

    private static string? TextOf(SchemaNode node, string keyword) =>
        node.Keyword(keyword) is { Element.ValueKind: JsonValueKind.String } text ? text.Text() : null;
}
