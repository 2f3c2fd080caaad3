using System.Text.Json;

namespace Cria.Text.Grammars;

/// <summary>
/// Says in cases what schemas allow. Keywords are read one by one, and what they allow is intersected; arrays and objects keep goals
/// for their parts, which are only read when they are needed, so that schemas may refer to themselves.
/// </summary>
internal sealed partial class SchemaReader(SchemaDocument document)
{
    private const int MostCases = 256;
    private const int DeepestNesting = 200;

    private readonly Dictionary<string, IReadOnlyList<SchemaCase>> _known = [];

    // The demands that are being read, with the level at which they are: see Overlap.
    private readonly Dictionary<string, int> _inProgress = [];
    private int _level;

    /// <summary>The cases in which a value satisfies a goal; none where no value can.</summary>
    public IReadOnlyList<SchemaCase> Read(SchemaGoal goal)
    {
        if (ReferenceEquals(goal, SchemaGoal.Never)) return [];
        IReadOnlyList<SchemaCase> cases = [SchemaCase.Any];
        foreach (SchemaDemand demand in goal.Demands) cases = Both(cases, Read(demand), demand.Node);
        return cases;
    }

    /// <summary>Where a goal is only a reference, the goal that it refers to; with the name of that place.</summary>
    public (SchemaGoal Goal, string Name)? Target(SchemaGoal goal)
    {
        if (goal.Demands is not [{ IsValue: false, IsNegated: false, Node: var node }] || node.Keyword("$ref") is not { } reference) return null;
        if (node.Members("a schema").Any(member => member.Name is not ("$ref" or "$defs" or "definitions" or "title" or "description"))) return null;
        SchemaNode target = document.Resolve(reference);
        return (SchemaGoal.Schema(target), target.Pointer[(target.Pointer.LastIndexOf('/') + 1)..]);
    }

    private IReadOnlyList<SchemaCase> Read(SchemaDemand demand)
    {
        if (_known.TryGetValue(demand.Key, out IReadOnlyList<SchemaCase>? known)) return known;
        if (_inProgress.TryGetValue(demand.Key, out int level))
        {
            throw level == _level ? demand.Node.Refuse("refers to itself, with no array or object in between") : new UndecidedException();
        }
        if (_inProgress.Count > DeepestNesting) throw demand.Node.Refuse($"schemas nest deeper than {DeepestNesting}");
        _inProgress.Add(demand.Key, _level);
        try
        {
            IReadOnlyList<SchemaCase> cases = demand switch
            {
                { IsValue: true, IsNegated: false } => ReadValue(demand.Node),
                { IsValue: true, IsNegated: true } => ReadNotValue(demand.Node),
                { IsNegated: true } => ReadNot(demand.Node),
                _ => ReadSchema(demand.Node),
            };
            _known.Add(demand.Key, cases);
            return cases;
        }
        finally
        {
            _inProgress.Remove(demand.Key);
        }
    }

    private IReadOnlyList<SchemaCase> ReadSchema(SchemaNode schema)
    {
        switch (schema.Element.ValueKind)
        {
            case JsonValueKind.True: return [SchemaCase.Any];
            case JsonValueKind.False: return [];
            case not JsonValueKind.Object: throw schema.Refuse("a schema must be an object, true or false");
        }
        IReadOnlyList<SchemaCase> cases = [ReadNumberKeywords(schema), ReadStringKeywords(schema), ReadArrayKeywords(schema)];
        cases = cases.Aggregate((IReadOnlyList<SchemaCase>)[SchemaCase.Any], (sum, part) => Both(sum, [part], schema));
        foreach (IReadOnlyList<SchemaCase> part in ReadObjectKeywords(schema)) cases = Both(cases, part, schema);
        foreach ((string keyword, SchemaNode value) in schema.Members("a schema"))
        {
            if (ReadKeyword(schema, keyword, value) is { } part) cases = Both(cases, part, value);
        }
        if (schema.Keyword("unevaluatedProperties") is { } properties) cases = [.. cases.Select(one => LimitUnevaluated(one, properties))];
        if (schema.Keyword("unevaluatedItems") is { } items) cases = [.. cases.Select(one => LimitUnevaluatedItems(one, items))];
        return cases;
    }

    // The keywords that need no look at their neighbours; null where the keyword asks for nothing here.
    private IReadOnlyList<SchemaCase>? ReadKeyword(SchemaNode schema, string keyword, SchemaNode value) => keyword switch
    {
        "type" => ReadTypes(schema, value),
        "const" => Read(SchemaGoal.Value(value)),
        "enum" => ReadListed(value),
        "$ref" => Read(SchemaGoal.Schema(document.Resolve(value))),
        "$dynamicRef" => Read(SchemaGoal.Schema(document.ResolveDynamic(value))),
        "$recursiveRef" => throw value.Refuse("is of an old draft; use $ref"),
        "allOf" => Schemas(value).Aggregate((IReadOnlyList<SchemaCase>)[SchemaCase.Any], (sum, part) => Both(sum, Read(SchemaGoal.Schema(part)), part)),
        "anyOf" => Either(Schemas(value).SelectMany(part => Read(SchemaGoal.Schema(part))), value),
        "oneOf" => ReadOneOf(value),
        "not" => Read(SchemaGoal.NotSchema(value)),
        "if" => Either(ReadBranches(schema, value), value),
        _ => null,
    };

    private static IReadOnlyList<SchemaNode> Schemas(SchemaNode value)
    {
        IReadOnlyList<SchemaNode> schemas = value.Items("an array of schemas");
        return schemas.Count > 0 ? schemas : throw value.Refuse("must not be empty");
    }

    private static IReadOnlyList<SchemaCase> ReadTypes(SchemaNode schema, SchemaNode value)
    {
        (SchemaTypes types, bool onlyIntegers) = TypesOf(schema, value);
        return [SchemaCase.OfType(types) with { Number = onlyIntegers ? new SchemaNumberLimits { IsInteger = true } : SchemaNumberLimits.None }];
    }

    private static (SchemaTypes Types, bool OnlyIntegers) TypesOf(SchemaNode schema, SchemaNode value)
    {
        IReadOnlyList<SchemaNode> names = value.Element.ValueKind == JsonValueKind.Array ? value.Items("an array of types") : [value];
        SchemaTypes types = SchemaTypes.None;
        foreach (SchemaNode name in names)
        {
            types |= name.Text() switch
            {
                "null" => SchemaTypes.Null,
                "boolean" => SchemaTypes.Boolean,
                "number" or "integer" => SchemaTypes.Number,
                "string" => SchemaTypes.String,
                "array" => SchemaTypes.Array,
                "object" => SchemaTypes.Object,
                var unknown => throw name.Refuse($"\"{unknown}\" is no type; the types are null, boolean, integer, number, string, array and object"),
            };
        }
        if (types == SchemaTypes.None) throw value.Refuse("names no type");
        // OpenAPI 3.0 says so what others say with a list of types.
        if (schema.Keyword("nullable")?.Flag() == true) types |= SchemaTypes.Null;
        return (types, types.HasFlag(SchemaTypes.Number) && names.All(name => name.Text() != "number"));
    }

    private IReadOnlyList<SchemaCase> ReadListed(SchemaNode value)
    {
        ILookup<bool, SchemaNode> values = value.Items("an array of values").ToLookup(item => IsScalar(item.Element));
        var cases = new List<SchemaCase>();
        if (values[true].Any())
        {
            SchemaTypes types = values[true].Aggregate(SchemaTypes.None, (sum, item) => sum | SchemaCase.TypeOf(item.Element));
            cases.Add(SchemaCase.OfType(types) with { Listed = [.. values[true]] });
        }
        cases.AddRange(values[false].SelectMany(item => Read(SchemaGoal.Value(item))));
        return Either(cases, value);
    }

    private static bool IsScalar(JsonElement value) => value.ValueKind is not (JsonValueKind.Array or JsonValueKind.Object);

    private static IReadOnlyList<SchemaCase> ReadValue(SchemaNode value)
    {
        SchemaCase ofType = SchemaCase.OfType(SchemaCase.TypeOf(value.Element));
        switch (value.Element.ValueKind)
        {
            case JsonValueKind.Array:
                IReadOnlyList<SchemaNode> items = value.Items("an array");
                SchemaGoal[] goals = [.. items.Select(SchemaGoal.Value)];
                return [ofType with { Array = new() { First = goals, Rest = SchemaGoal.Never, IsRestStated = true, Min = goals.Length, Max = goals.Length } }];
            case JsonValueKind.Object:
                return [ofType with
                {
                    Object = new()
                    {
                        Properties = [.. value.Members("an object").Select(member => new SchemaProperty(member.Name, SchemaGoal.Value(member.Value), true, true))],
                        Others = [new SchemaKeys(RegexNode.AnyText, SchemaGoal.Never, IsStated: true)],
                        ListsProperties = true,
                    },
                }];
            default:
                return [ofType with { Listed = [value] }];
        }
    }

    // Just one alternative must hold. Where two cannot hold together anyway, that asks for nothing more.
    private IReadOnlyList<SchemaCase> ReadOneOf(SchemaNode value)
    {
        IReadOnlyList<SchemaNode> schemas = Schemas(value);
        var cases = new List<SchemaCase>();
        for (int i = 0; i < schemas.Count; i++)
        {
            IReadOnlyList<SchemaCase> own = Read(SchemaGoal.Schema(schemas[i]));
            for (int j = 0; j < schemas.Count && own.Count > 0; j++)
            {
                if (j == i || !Overlap(schemas[i], schemas[j])) continue;
                try
                {
                    own = Both(own, Read(SchemaGoal.NotSchema(schemas[j])), value);
                }
                catch (JsonSchemaException e)
                {
                    throw value.Refuse($"alternatives {i} and {j} overlap, and no grammar can tell that just one holds ({e.Message.TrimEnd('.')}); use anyOf");
                }
            }
            cases.AddRange(own);
        }
        return Either(cases, value);
    }

    private IEnumerable<SchemaCase> ReadBranches(SchemaNode schema, SchemaNode condition)
    {
        SchemaGoal GoalOf(string keyword) => schema.Keyword(keyword) is { } branch ? SchemaGoal.Schema(branch) : SchemaGoal.Any;
        if (schema.Keyword("then") is null && schema.Keyword("else") is null) return [SchemaCase.Any];
        return Read(SchemaGoal.Schema(condition).And(GoalOf("then"))).Concat(Read(SchemaGoal.NotSchema(condition).And(GoalOf("else"))));
    }

    private static SchemaCase LimitUnevaluated(SchemaCase one, SchemaNode schema)
    {
        SchemaGoal goal = SchemaGoal.Schema(schema);
        return one with
        {
            Implied = one.Implied | SchemaTypes.Object,
            Object = one.Object with
            {
                Properties = [.. one.Object.Properties.Select(property => property.IsStated ? property : property with { Goal = property.Goal.And(goal) })],
                Others = [.. one.Object.Others.Select(keys => keys.IsStated ? keys : keys with { Goal = keys.Goal.And(goal), IsStated = true })],
            },
        };
    }

    private static SchemaCase LimitUnevaluatedItems(SchemaCase one, SchemaNode schema)
    {
        if (one.Array.Contains.Count > 0) throw schema.Refuse("cannot be enforced together with contains");
        SchemaArrayLimits array = one.Array;
        if (!array.IsRestStated) array = array with { Rest = array.Rest.And(SchemaGoal.Schema(schema)), IsRestStated = true };
        return one with { Implied = one.Implied | SchemaTypes.Array, Array = array };
    }

    private static IReadOnlyList<SchemaCase> Both(IReadOnlyList<SchemaCase> left, IReadOnlyList<SchemaCase> right, SchemaNode place) =>
        Either(left.SelectMany(a => right.Select(a.And)).OfType<SchemaCase>(), place);

    private static IReadOnlyList<SchemaCase> Either(IEnumerable<SchemaCase> cases, SchemaNode place)
    {
        SchemaCase[] list = [.. cases.Take(MostCases + 1)];
        return list.Length <= MostCases ? list : throw place.Refuse($"this combines to more than {MostCases} cases; make the schema simpler");
    }
}
