using System.Text.Json;

namespace Cria.Text.Grammars;

/// <summary>What schemas do not allow: a value fails a schema if it fails any of its keywords.</summary>
internal sealed partial class SchemaReader
{
    private IReadOnlyList<SchemaCase> ReadNot(SchemaNode schema)
    {
        switch (schema.Element.ValueKind)
        {
            case JsonValueKind.True: return [];
            case JsonValueKind.False: return [SchemaCase.Any];
        }
        var cases = new List<SchemaCase>();
        foreach ((string keyword, SchemaNode value) in schema.Members("a schema")) cases.AddRange(ReadNotKeyword(schema, keyword, value));
        return Either(cases, schema);
    }

    private IEnumerable<SchemaCase> ReadNotKeyword(SchemaNode schema, string keyword, SchemaNode value)
    {
        switch (keyword)
        {
            case "type":
                return ReadNotTypes(schema, value);
            case "const":
                return Read(SchemaGoal.NotValue(value));
            case "enum":
                return value.Items("an array of values").Aggregate((IReadOnlyList<SchemaCase>)[SchemaCase.Any], (sum, item) => Both(sum, Read(SchemaGoal.NotValue(item)), value));
            case "$ref":
                return Read(SchemaGoal.NotSchema(document.Resolve(value)));
            case "allOf":
                return Schemas(value).SelectMany(part => Read(SchemaGoal.NotSchema(part)));
            case "anyOf":
                return NoneOf(Schemas(value), value);
            case "oneOf":
                IReadOnlyList<SchemaNode> parts = Schemas(value);
                return NoneOf(parts, value).Concat(parts.SelectMany((a, i) => parts.Skip(i + 1).SelectMany(b => Read(SchemaGoal.Schema(a).And(SchemaGoal.Schema(b))))));
            case "not":
                return Read(SchemaGoal.Schema(value));
            case "if":
                return ReadNotBranch(schema, "then", SchemaGoal.Schema(value)).Concat(ReadNotBranch(schema, "else", SchemaGoal.NotSchema(value)));
            case "minimum" or "maximum" or "exclusiveMinimum" or "exclusiveMaximum":
                return ReadNotBound(schema, keyword);
            case "minLength":
                return value.Count() == 0 ? [] : [OfString(SchemaStringLimits.None with { MaxLength = value.Count() - 1 })];
            case "maxLength":
                return [OfString(SchemaStringLimits.None with { MinLength = value.Count() + 1 })];
            case "pattern":
                return [OfString(SchemaStringLimits.None with { Language = RegexNode.Not(PatternOf(schema)) })];
            case "format":
                return FormatOf(schema) is { IsAnyText: false } texts ? [OfString(SchemaStringLimits.None with { Language = RegexNode.Not(texts) })] : [];
            case "minItems":
                return value.Count() == 0 ? [] : [OfArray(new() { Max = value.Count() - 1 })];
            case "maxItems":
                return [OfArray(new() { Min = value.Count() + 1 })];
            case "prefixItems" or "items":
                return ReadNotItems(schema, keyword);
            case "contains":
                return ReadNotContains(schema);
            case "required":
                return RequiredOf(schema).Select(name => OfType(Forbidding(name)));
            case "properties":
                return value.Members("an object of schemas").Select(member => OfType(new SchemaObjectLimits
                {
                    Properties = [new SchemaProperty(member.Name, SchemaGoal.NotSchema(member.Value), IsRequired: true, IsStated: false)],
                }));
            case "additionalProperties" when ReferenceEquals(SchemaGoal.Schema(value), SchemaGoal.Never):
                RegexNode[] known = [.. (schema.Keyword("properties")?.Members("an object") ?? []).Select(member => RegexNode.Literal(member.Name)),
                    .. PatternsOf(schema).Select(pattern => pattern.Names)];
                return [OfType(new() { Presences = [new SchemaPresence(RegexNode.Not(RegexNode.Choice(known)), value)] })];
            case "propertyNames":
                return [OfType(new() { Presences = [new SchemaPresence(RegexNode.Not(StringsOf(SchemaGoal.Schema(value))), value)] })];
            case "minProperties":
                return value.Count() == 0 ? [] : [OfType(new() { Max = value.Count() - 1 })];
            case "maxProperties":
                return [OfType(new() { Min = value.Count() + 1, MinPlace = value })];
            case "dependentRequired" or "dependentSchemas" or "dependencies":
                return value.Members("an object").SelectMany(member => ReadNotDependency(member.Name, member.Value));
            case "uniqueItems" when !value.Flag():
                return [];
            case "additionalProperties" or "additionalItems" or "unevaluatedProperties" or "unevaluatedItems"
                when ReferenceEquals(SchemaGoal.Schema(value), SchemaGoal.Any):
                return [];
            case "patternProperties" or "additionalProperties" or "additionalItems" or "unevaluatedProperties" or "unevaluatedItems" or "uniqueItems"
                or "multipleOf" or "$dynamicRef" or "$recursiveRef":
                throw value.Refuse($"that {keyword} does not hold cannot be enforced by a grammar");
            default:
                return [];
        }
    }

    private static SchemaCase OfString(SchemaStringLimits limits) => SchemaCase.OfType(SchemaTypes.String) with { String = limits };

    private static SchemaCase OfArray(SchemaArrayLimits limits) => SchemaCase.OfType(SchemaTypes.Array) with { Array = limits };

    private static SchemaCase OfType(SchemaObjectLimits limits) => SchemaCase.OfType(SchemaTypes.Object) with { Object = limits };

    private static SchemaCase OtherThan(SchemaTypes types) => new() { Types = SchemaTypes.All & ~types };

    private static IEnumerable<SchemaCase> ReadNotTypes(SchemaNode schema, SchemaNode value)
    {
        (SchemaTypes types, bool onlyIntegers) = TypesOf(schema, value);
        if (types != SchemaTypes.All) yield return OtherThan(types);
        if (onlyIntegers) yield return SchemaCase.OfType(SchemaTypes.Number) with { Number = new() { NoInteger = value } };
    }

    private static IEnumerable<SchemaCase> ReadNotBound(SchemaNode schema, string keyword)
    {
        bool isMin = keyword.EndsWith("inimum", StringComparison.Ordinal);
        bool isExclusive = keyword.StartsWith('e') || IsFlagged(schema, isMin ? "exclusiveMinimum" : "exclusiveMaximum");
        if (Bound(schema, keyword, !isExclusive) is not { } bound) yield break;
        yield return SchemaCase.OfType(SchemaTypes.Number) with { Number = isMin ? new() { Max = bound } : new() { Min = bound } };
    }

    private static IEnumerable<SchemaCase> ReadNotItems(SchemaNode schema, string keyword)
    {
        (IReadOnlyList<SchemaNode> first, SchemaNode? rest) = ItemsOf(schema);
        if (first.Count > 0 && keyword == "items" != schema.Keyword("prefixItems") is null)
        {
            if (rest is { } others && !ReferenceEquals(SchemaGoal.Schema(others), SchemaGoal.Any))
            {
                if (!ReferenceEquals(SchemaGoal.Schema(others), SchemaGoal.Never)) throw others.Refuse("that an item behind the first ones differs cannot be enforced by a grammar");
                yield return OfArray(new() { Min = first.Count + 1 });
            }
            yield break;
        }
        for (int i = 0; i < first.Count; i++)
        {
            yield return OfArray(new() { First = [.. Enumerable.Repeat(SchemaGoal.Any, i), SchemaGoal.NotSchema(first[i])], Min = i + 1 });
        }
        if (first.Count == 0 && rest is { } all) yield return OfArray(new() { Contains = [new SchemaContents(SchemaGoal.NotSchema(all), 1, null, all)] });
    }

    private static IEnumerable<SchemaCase> ReadNotContains(SchemaNode schema)
    {
        SchemaContents contents = ContentsOf(schema)[0];
        if (contents.Min > 0) yield return OfArray(new() { Contains = [contents with { Min = 0, Max = contents.Min - 1 }] });
        if (contents.Max is { } max) yield return OfArray(new() { Contains = [contents with { Min = max + 1, Max = null }] });
    }

    private IEnumerable<SchemaCase> ReadNotDependency(string name, SchemaNode dependency)
    {
        SchemaCase present = OfType(Requiring([name], isStated: false));
        return dependency.Element.ValueKind == JsonValueKind.Array
            ? dependency.Strings().Select(other => OfType(Requiring([name], isStated: false).And(Forbidding(other))))
            : Both([present], Read(SchemaGoal.NotSchema(dependency)), dependency);
    }

    private IEnumerable<SchemaCase> ReadNotBranch(SchemaNode schema, string branch, SchemaGoal condition) =>
        schema.Keyword(branch) is { } then ? Read(condition.And(SchemaGoal.NotSchema(then))) : [];

    private IReadOnlyList<SchemaCase> NoneOf(IEnumerable<SchemaNode> schemas, SchemaNode place) =>
        schemas.Aggregate((IReadOnlyList<SchemaCase>)[SchemaCase.Any], (sum, part) => Both(sum, Read(SchemaGoal.NotSchema(part)), place));

    private static IReadOnlyList<SchemaCase> ReadNotValue(SchemaNode value)
    {
        switch (value.Element.ValueKind)
        {
            case JsonValueKind.Array:
                IReadOnlyList<SchemaNode> items = value.Items("an array");
                List<SchemaCase> arrays = [OtherThan(SchemaTypes.Array), OfArray(new() { Min = items.Count + 1 })];
                if (items.Count > 0) arrays.Add(OfArray(new() { Max = items.Count - 1 }));
                arrays.AddRange(items.Select((item, i) => OfArray(new() { First = [.. Enumerable.Repeat(SchemaGoal.Any, i), SchemaGoal.NotValue(item)], Min = i + 1 })));
                return arrays;
            case JsonValueKind.Object:
                SchemaMember[] members = [.. value.Members("an object")];
                RegexNode names = RegexNode.Choice(members.Select(member => RegexNode.Literal(member.Name)));
                return [OtherThan(SchemaTypes.Object), OfType(new() { Presences = [new SchemaPresence(RegexNode.Not(names), value)] }),
                    .. members.Select(member => OfType(Forbidding(member.Name))),
                    .. members.Select(member => OfType(new SchemaObjectLimits
                    {
                        Properties = [new SchemaProperty(member.Name, SchemaGoal.NotValue(member.Value), IsRequired: true, IsStated: false)],
                    }))];
            default:
                return [new SchemaCase { Excluded = [value] }];
        }
    }
}
