using System.Text.Json;

namespace Cria.Text.Grammars;

/// <summary>The keywords about numbers, strings, arrays and objects.</summary>
internal sealed partial class SchemaReader
{
    private static SchemaCase ReadNumberKeywords(SchemaNode schema)
    {
        var limits = new SchemaNumberLimits
        {
            Min = Bound(schema, "exclusiveMinimum", true) is { } above ? above : Bound(schema, "minimum", IsFlagged(schema, "exclusiveMinimum")),
            Max = Bound(schema, "exclusiveMaximum", true) is { } below ? below : Bound(schema, "maximum", IsFlagged(schema, "exclusiveMaximum")),
        };
        // Both spellings may occur together.
        limits = limits.And(new SchemaNumberLimits { Min = Bound(schema, "minimum", false), Max = Bound(schema, "maximum", false) });
        if (schema.Keyword("multipleOf") is { } divisor)
        {
            if (divisor.Number().Units <= 0) throw divisor.Refuse("must be above 0");
            limits = limits with { MultipleOf = [divisor] };
        }
        if (schema.Keyword("format") is { Element.ValueKind: JsonValueKind.String } format && SchemaFormats.IntegersOf(format.Text()) is { } integers)
        {
            limits = limits.And(integers);
        }
        bool isNone = limits.Min is null && limits.Max is null && limits.MultipleOf.Count == 0;
        return isNone ? SchemaCase.Any : new SchemaCase { Implied = SchemaTypes.Number, Number = limits };
    }

    private static SchemaBound? Bound(SchemaNode schema, string keyword, bool isExclusive) =>
        schema.Keyword(keyword) is { } bound && bound.Element.ValueKind is not (JsonValueKind.True or JsonValueKind.False)
            ? new SchemaBound(bound.Number(), isExclusive)
            : null;

    // Draft 4, and OpenAPI 3.0 with it, has a flag beside the limit.
    private static bool IsFlagged(SchemaNode schema, string keyword) => schema.Keyword(keyword) is { Element.ValueKind: JsonValueKind.True };

    private static SchemaCase ReadStringKeywords(SchemaNode schema)
    {
        var limits = new SchemaStringLimits(
            RegexNode.All(PatternOf(schema), FormatOf(schema)), schema.Keyword("minLength")?.Count() ?? 0, schema.Keyword("maxLength")?.Count());
        return limits == SchemaStringLimits.None ? SchemaCase.Any : new SchemaCase { Implied = SchemaTypes.String, String = limits };
    }

    private static RegexNode PatternOf(SchemaNode schema) => schema.Keyword("pattern") is { } pattern ? ParsePattern(pattern, pattern.Text()) : RegexNode.AnyText;

    private static RegexNode FormatOf(SchemaNode schema)
    {
        if (schema.Keyword("format") is not { } format) return RegexNode.AnyText;
        return SchemaFormats.TextsOf(format.Text(), out bool isEnforceable) is { } texts ? texts
            : isEnforceable ? RegexNode.AnyText
            : throw format.Refuse($"the format \"{format.Text()}\" cannot be enforced by a grammar; take it out");
    }

    private static RegexNode ParsePattern(SchemaNode place, string pattern)
    {
        try
        {
            return RegexParser.ParseSearch(pattern);
        }
        catch (GrammarException e)
        {
            throw place.Refuse($"the regular expression cannot be used: {e.Message.TrimEnd('.')}");
        }
    }

    private static SchemaCase ReadArrayKeywords(SchemaNode schema)
    {
        (IReadOnlyList<SchemaNode> first, SchemaNode? rest) = ItemsOf(schema);
        var limits = new SchemaArrayLimits
        {
            First = [.. first.Select(SchemaGoal.Schema)],
            Rest = rest is { } others ? SchemaGoal.Schema(others) : SchemaGoal.Any,
            IsRestStated = rest is not null,
            Min = schema.Keyword("minItems")?.Count() ?? 0,
            Max = schema.Keyword("maxItems")?.Count(),
            Contains = ContentsOf(schema),
            Unique = schema.Keyword("uniqueItems") is { } unique && unique.Flag() ? unique : null,
        };
        bool isNone = first.Count == 0 && rest is null && limits.Min == 0 && limits.Max is null && limits.Contains.Count == 0 && limits.Unique is null;
        return isNone ? SchemaCase.Any : new SchemaCase { Implied = SchemaTypes.Array, Array = limits };
    }

    // Up to draft 7, items listed the first items and additionalItems the others.
    private static (IReadOnlyList<SchemaNode> First, SchemaNode? Others) ItemsOf(SchemaNode schema)
    {
        SchemaNode? items = schema.Keyword("items");
        if (schema.Keyword("prefixItems") is { } prefix) return (Schemas(prefix), items);
        return items is { Element.ValueKind: JsonValueKind.Array } list ? (list.Items("an array of schemas"), schema.Keyword("additionalItems")) : ([], items);
    }

    private static IReadOnlyList<SchemaContents> ContentsOf(SchemaNode schema) => schema.Keyword("contains") is { } contains
        ? [new SchemaContents(SchemaGoal.Schema(contains), schema.Keyword("minContains")?.Count() ?? 1, schema.Keyword("maxContains")?.Count(), contains)]
        : [];

    private IEnumerable<IReadOnlyList<SchemaCase>> ReadObjectKeywords(SchemaNode schema)
    {
        SchemaObjectLimits limits = PropertiesOf(schema);
        if (schema.Keyword("propertyNames") is { } names) limits = limits with { Names = StringsOf(SchemaGoal.Schema(names)) };
        if (schema.Keyword("minProperties") is { } min) limits = limits with { Min = min.Count(), MinPlace = min };
        if (schema.Keyword("maxProperties") is { } max) limits = limits with { Max = max.Count() };
        if (limits != SchemaObjectLimits.None) yield return [OfObject(limits)];
        if (RequiredOf(schema) is { Count: > 0 } required) yield return [OfObject(Requiring(required, isStated: true))];
        foreach ((string name, SchemaNode dependency) in DependenciesOf(schema))
        {
            SchemaCase present = OfObject(Requiring([name], isStated: false));
            IReadOnlyList<SchemaCase> then = dependency.Element.ValueKind == JsonValueKind.Array
                ? [OfObject(Requiring(dependency.Strings(), isStated: true))]
                : Read(SchemaGoal.Schema(dependency));
            yield return [OfObject(Forbidding(name)), .. Both([present], then, dependency)];
        }
    }

    private static SchemaObjectLimits PropertiesOf(SchemaNode schema)
    {
        SchemaNode? properties = schema.Keyword("properties"), patterns = schema.Keyword("patternProperties"), others = schema.Keyword("additionalProperties");
        if (properties is null && patterns is null && others is null) return SchemaObjectLimits.None;
        SchemaGoal othersGoal = others is { } open ? SchemaGoal.Schema(open) : SchemaGoal.Any;
        List<SchemaKeys> keys = [new SchemaKeys(RegexNode.AnyText, othersGoal, others is not null)];
        foreach ((SchemaNode place, RegexNode names, SchemaNode value) in PatternsOf(schema))
        {
            // A name that matches several patterns must satisfy the schemas of all of them.
            SchemaGoal goal = SchemaGoal.Schema(value);
            keys = [.. keys.SelectMany((known, i) => new[]
            {
                new SchemaKeys(RegexNode.All(known.Names, names), i == 0 ? goal : known.Goal.And(goal), IsStated: true),
                known with { Names = RegexNode.All(known.Names, RegexNode.Not(names)) },
            })];
            // What no pattern matches stays first.
            (keys[0], keys[1]) = (keys[1], keys[0]);
            if (keys.Count > 32) throw place.Refuse("there are too many patterns");
        }
        return new SchemaObjectLimits
        {
            Properties = [.. (properties?.Members("an object of schemas") ?? []).Select(member => new SchemaProperty(
                member.Name, PatternGoal(member.Name, SchemaGoal.Schema(member.Value)), IsRequired: false, IsStated: true))],
            Others = keys,
            ListsProperties = properties is not null || patterns is not null,
        };

        SchemaGoal PatternGoal(string name, SchemaGoal goal) => PatternsOf(schema).Where(pattern => RegexAutomaton.Matches(pattern.Names, name))
            .Aggregate(goal, (sum, pattern) => sum.And(SchemaGoal.Schema(pattern.Value)));
    }

    private static IEnumerable<SchemaPattern> PatternsOf(SchemaNode schema) =>
        schema.Keyword("patternProperties") is { } patterns
            ? patterns.Members("an object of schemas").Select(member => new SchemaPattern(patterns, ParsePattern(member.Value, member.Name), member.Value))
            : [];

    // In draft 3, required was a flag on each property; some still send it, and it says nothing there.
    private static IReadOnlyList<string> RequiredOf(SchemaNode schema) =>
        schema.Keyword("required") is { Element.ValueKind: not (JsonValueKind.True or JsonValueKind.False) } required ? required.Strings() : [];

    private static IEnumerable<SchemaMember> DependenciesOf(SchemaNode schema) =>
        ((string[])["dependentRequired", "dependentSchemas", "dependencies"])
            .SelectMany(keyword => schema.Keyword(keyword)?.Members("an object") ?? []);

    private static SchemaCase OfObject(SchemaObjectLimits limits) => new() { Implied = SchemaTypes.Object, Object = limits };

    private static SchemaObjectLimits Requiring(IEnumerable<string> names, bool isStated) => new()
    {
        Properties = [.. names.Distinct().Select(name => new SchemaProperty(name, SchemaGoal.Any, IsRequired: true, isStated))],
    };

    private static SchemaObjectLimits Forbidding(string name) => new()
    {
        Properties = [new SchemaProperty(name, SchemaGoal.Never, IsRequired: false, IsStated: false)],
    };

    /// <summary>A schema for the properties whose names match a pattern.</summary>
    private sealed record SchemaPattern(SchemaNode Place, RegexNode Names, SchemaNode Value);
}
