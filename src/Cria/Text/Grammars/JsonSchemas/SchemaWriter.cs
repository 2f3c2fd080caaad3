using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Cria.Text.Grammars;

/// <summary>Writes what schemas allow as GBNF: a rule for each goal that is more than a symbol.</summary>
internal sealed partial class SchemaWriter
{
    private readonly SchemaReader _reader;
    private readonly JsonSchemaOptions _options;
    private readonly List<string> _order;
    private readonly GrammarRules _rules;
    private readonly RegexWriter _plain;
    private readonly JsonTextWriter _text;
    private readonly Dictionary<string, GbnfElement> _known = [];

    // Goals that are being written; where one occurs in itself it has got a name.
    private readonly Dictionary<string, string?> _inProgress = [];

    public SchemaWriter(SchemaReader reader, JsonSchemaOptions options, GrammarRules rules)
    {
        _reader = reader;
        _options = options;
        _order = [.. options.PropertyOrder];
        _rules = rules;
        _plain = new RegexWriter(rules);
        _text = new JsonTextWriter(rules);
    }

    private GbnfElement Space => _options.Whitespace == JsonWhitespace.Flexible
        ? GbnfElement.Rule(_rules.Add("space", "\"\" | \" \" | \"\\n\" \"\\n\"? [ \\t]{0,20}"))
        : GbnfElement.Empty;

    private GbnfElement Comma => AfterMark(",");

    private string Gap => _options.Whitespace == JsonWhitespace.Spaced ? " " : "";

    /// <summary>Writes the values that satisfy a goal as the root of the grammar.</summary>
    public string WriteRoot(SchemaGoal goal)
    {
        while (_reader.Target(goal) is { } target) goal = target.Goal;
        if (ReferenceEquals(goal, SchemaGoal.Any)) return _rules.ToGbnf(AnyValue().Text);
        _inProgress.Add(goal.Key, _rules.Root);
        return _rules.ToGbnf(WriteCases(goal, "").Text);
    }

    private GbnfElement Write(SchemaGoal goal, string hint)
    {
        while (_reader.Target(goal) is { } target) (goal, hint) = (target.Goal, target.Name.Length > 0 ? target.Name : hint);
        if (ReferenceEquals(goal, SchemaGoal.Any)) return AnyValue();
        if (_known.TryGetValue(goal.Key, out GbnfElement? known)) return known;
        if (_inProgress.TryGetValue(goal.Key, out string? name))
        {
            if (name is null) _inProgress[goal.Key] = name = _rules.Reserve(hint);
            return GbnfElement.Rule(name);
        }
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack()) throw new GrammarTooLargeException();
        _inProgress.Add(goal.Key, null);
        GbnfElement element = WriteCases(goal, hint);
        _inProgress.Remove(goal.Key, out name);
        if (name is not null)
        {
            _rules.Define(name, element.Text);
            element = GbnfElement.Rule(name);
        }
        else if (element.Binding != GbnfBinding.Symbol)
        {
            element = GbnfElement.Rule(_rules.Add(hint, element.Text));
        }
        _known.Add(goal.Key, element);
        return element;
    }

    private bool IsSatisfiable(SchemaGoal goal) => _reader.Satisfiable(goal, _options.AllowUnstated);

    private GbnfElement WriteCases(SchemaGoal goal, string hint)
    {
        GbnfElement[] options = [.. _reader.Read(goal).SelectMany(one => WriteCase(one, hint)).Distinct()];
        return options.Length > 0 ? GbnfElement.Choice(options) : throw goal.Demands[0].Node.Refuse("no value satisfies this schema");
    }

    private IEnumerable<GbnfElement> WriteCase(SchemaCase one, string hint)
    {
        if (one.Listed is { } listed) return listed.Where(one.Allows).Select(WriteScalar);
        SchemaTypes types = SchemaShapes.TypesOf(one, _options.AllowUnstated);
        if (types == SchemaTypes.All && one.Number == SchemaNumberLimits.None && one.String == SchemaStringLimits.None && one.Excluded.Count == 0
            && one.Array == SchemaArrayLimits.None && one.Object == SchemaObjectLimits.None)
        {
            return [AnyValue()];
        }
        var options = new List<GbnfElement>();
        if (types.HasFlag(SchemaTypes.Object))
        {
            options.AddRange(SchemaShapes.ObjectsOf(one, _options.AllowUnstated, IsSatisfiable).Select(shape => WriteObject(shape, hint)));
        }
        if (types.HasFlag(SchemaTypes.Array) && SchemaShapes.ArrayOf(one, _options.AllowUnstated, IsSatisfiable) is { } array)
        {
            options.Add(WriteArray(array, hint));
        }
        if (types.HasFlag(SchemaTypes.String)) options.AddRange(WriteLanguage(_text.Quoted, SchemaReader.StringsOf(one), hint));
        if (types.HasFlag(SchemaTypes.Number)) options.AddRange(WriteLanguage(WriteNumber, NumberLanguage.Of(one), hint));
        options.AddRange(SchemaShapes.Constants(one, types).Select(GbnfElement.Literal));
        return options;
    }

    private static IEnumerable<GbnfElement> WriteLanguage(Func<RegexNode, string, GbnfElement> write, RegexNode language, string hint)
    {
        if (language is RegexAll or RegexNot ? new RegexAutomaton(language).IsNothing : language.IsNothing) return [];
        return [write(language, hint)];
    }

    private GbnfElement WriteNumber(RegexNode language, string hint)
    {
        if (ReferenceEquals(language, NumberLanguage.AnyNumber)) hint = "number";
        else if (ReferenceEquals(language, NumberLanguage.AnyInteger)) hint = "integer";
        else return _plain.Write(language, hint);
        return GbnfElement.Rule(_rules.Add(hint, _plain.Write(language, hint).Text));
    }

    private static GbnfElement WriteScalar(SchemaNode value) => GbnfElement.Literal(
        value.Element.ValueKind == JsonValueKind.String ? JsonTextWriter.Quote(value.Text()) : value.Element.GetRawText());

    private GbnfElement AfterMark(string mark) => GbnfElement.Sequence(
        GbnfElement.Literal(mark + Gap), _options.Whitespace == JsonWhitespace.OneLine ? GbnfElement.Literal(" ").Optional() : Space);

    // Any value is a goal like others, but its rules have names that people know.
    private GbnfElement AnyValue()
    {
        const string Key = "any";
        if (_known.TryGetValue(Key, out GbnfElement? known)) return known;
        GbnfElement value = GbnfElement.Rule(_rules.Reserve("value"));
        _known.Add(Key, value);
        GbnfElement text = _text.Quoted(RegexNode.AnyText, "string");
        GbnfElement member = GbnfElement.Rule(_rules.Add("member", GbnfElement.Sequence(text, AfterMark(":"), value).Text));
        GbnfElement[] options =
        [
            GbnfElement.Rule(_rules.Add("object", Enclose("{", List(member, 0, null, "object"), mayBeEmpty: true, "}").Text)),
            GbnfElement.Rule(_rules.Add("array", Enclose("[", List(value, 0, null, "array"), mayBeEmpty: true, "]").Text)),
            text,
            WriteNumber(NumberLanguage.AnyNumber, "number"),
            GbnfElement.Literal("true"),
            GbnfElement.Literal("false"),
            GbnfElement.Literal("null"),
        ];
        _rules.Define(value.Text, GbnfElement.Choice(options).Text);
        return value;
    }

    // Items with commas in between, at least one of them.
    private GbnfElement List(GbnfElement item, int min, int? max, string hint) =>
        GbnfElement.Sequence(item, Following(item, Math.Max(min - 1, 0), max - 1, hint));

    // Items behind others.
    private GbnfElement Following(GbnfElement item, int min, int? max, string hint) =>
        _plain.Repeat(GbnfElement.Sequence(Comma, item), min, max, hint);

    private GbnfElement Enclose(string open, GbnfElement content, bool mayBeEmpty, string close)
    {
        GbnfElement inside = content == GbnfElement.Empty ? content : GbnfElement.Sequence(content, Space);
        return GbnfElement.Sequence(GbnfElement.Literal(open), Space, mayBeEmpty ? inside.Optional() : inside, GbnfElement.Literal(close));
    }
}
