namespace Cria.Text.Grammars;

/// <summary>Objects: the named properties in their order, each at most once, and then all others.</summary>
internal sealed partial class SchemaWriter
{
    private GbnfElement WriteObject(SchemaObjectShape shape, string hint)
    {
        SchemaProperty[] properties = [.. InOrder(shape.Properties)];
        if (IsCounted(shape)) return WriteCounted(shape, properties, hint);
        GbnfElement[] members = [.. properties.Select(property => WriteMember(property, hint))];
        GbnfElement others = WriteOthers(shape, hint);
        int first = Array.FindIndex(properties, property => property.IsRequired);
        return first >= 0
            ? Enclose("{", WithRequired(properties, members, first, others, hint), mayBeEmpty: false, "}")
            : Enclose("{", AllOptional(members, others, hint), mayBeEmpty: shape.Min == 0, "}");
    }

    // Whether there must be more properties than the required ones and than one, or fewer than there may be.
    private static bool IsCounted(SchemaObjectShape shape)
    {
        int required = shape.Properties.Count(property => property.IsRequired);
        bool isMinHeld = shape.Min <= Math.Max(required, 1);
        bool isMaxHeld = shape.Max is null || shape.Others.Count == 0 && shape.Properties.Count <= shape.Max;
        return !isMinHeld || !isMaxHeld;
    }

    // Those without a place in the options stay behind, in the order of the schema.
    private IEnumerable<SchemaProperty> InOrder(IReadOnlyList<SchemaProperty> properties) =>
        properties.OrderBy(property => (uint)_order.IndexOf(property.Name));

    // A required property tells where the commas are: behind the optional ones before it, before all that follow.
    private GbnfElement WithRequired(SchemaProperty[] properties, GbnfElement[] members, int first, GbnfElement others, string hint)
    {
        var parts = new List<GbnfElement>();
        for (int i = 0; i < members.Length; i++)
        {
            if (i < first) parts.Add(GbnfElement.Sequence(members[i], Comma).Optional());
            else if (i == first) parts.Add(members[i]);
            else if (properties[i].IsRequired) parts.AddRange([Comma, members[i]]);
            else parts.Add(GbnfElement.Sequence(Comma, members[i]).Optional());
        }
        if (others != GbnfElement.Empty) parts.Add(Following(others, 0, null, hint));
        return GbnfElement.Sequence(parts);
    }

    // Any may be the first; what may follow each is a rule, so that the grammar grows with the properties and not with their subsets.
    private GbnfElement AllOptional(GbnfElement[] members, GbnfElement others, string hint)
    {
        GbnfElement following = others == GbnfElement.Empty ? GbnfElement.Empty : Following(others, 0, null, hint);
        var options = new List<GbnfElement>();
        if (others != GbnfElement.Empty) options.Add(GbnfElement.Sequence(others, following));
        for (int i = members.Length - 1; i >= 0; i--)
        {
            options.Add(GbnfElement.Sequence(members[i], following));
            following = GbnfElement.Sequence(GbnfElement.Sequence(Comma, members[i]).Optional(), following);
            if (i > 0 && following.Binding != GbnfBinding.Symbol) following = GbnfElement.Rule(_rules.Add(hint + "-rest", following.Text));
        }
        options.Reverse();
        return options.Count == 0 ? GbnfElement.Empty : GbnfElement.Choice(options);
    }

    // With limits on their number, what may follow depends on how many there are already.
    private GbnfElement WriteCounted(SchemaObjectShape shape, SchemaProperty[] properties, string hint)
    {
        GbnfElement[] members = [.. properties.Select(property => WriteMember(property, hint))];
        GbnfElement others = WriteOthers(shape, hint);
        var known = new Dictionary<(int, int), GbnfElement?>();
        GbnfElement content = After(0, 0) ?? throw new GrammarTooLargeException();
        return GbnfElement.Sequence(GbnfElement.Literal("{"), Space, content, Space, GbnfElement.Literal("}"));

        // What may follow when so many of the first properties are there; null where nothing can be right any more.
        GbnfElement? After(int index, int count)
        {
            if (known.TryGetValue((index, count), out GbnfElement? seen)) return seen;
            GbnfElement? result = index == members.Length ? AtEnd(count) : AtMember(index, count);
            if (result is { Binding: not GbnfBinding.Symbol } long_) result = GbnfElement.Rule(_rules.Add(hint + "-rest", long_.Text));
            known.Add((index, count), result);
            return result;
        }

        GbnfElement? AtMember(int index, int count)
        {
            var options = new List<GbnfElement>();
            GbnfElement member = count == 0 ? members[index] : GbnfElement.Sequence(Comma, members[index]);
            if (count < (shape.Max ?? int.MaxValue) && After(index + 1, count + 1) is { } with) options.Add(GbnfElement.Sequence(member, with));
            if (!properties[index].IsRequired && After(index + 1, count) is { } without) options.Add(without);
            return options.Count == 0 ? null : GbnfElement.Choice(options);
        }

        GbnfElement? AtEnd(int count)
        {
            int missing = Math.Max(shape.Min - count, 0);
            int? room = shape.Max - count;
            if (room < missing) return null;
            if (others == GbnfElement.Empty) return missing == 0 ? GbnfElement.Empty : null;
            if (missing > 1) throw shape.MinPlace!.Refuse("that so many properties with other names than the listed ones differ in their names cannot be enforced");
            if (room == 0) return GbnfElement.Empty;
            if (count > 0) return Following(others, missing, room, hint);
            GbnfElement list = List(others, missing, room, hint);
            return missing == 0 ? list.Optional() : list;
        }
    }

    private GbnfElement WriteMember(SchemaProperty property, string hint)
    {
        GbnfElement member = GbnfElement.Sequence(AfterMark(JsonTextWriter.Quote(property.Name) + ":"), Write(property.Goal, Join(hint, property.Name)));
        return GbnfElement.Rule(_rules.Add(Join(hint, property.Name) + "-member", member.Text));
    }

    private GbnfElement WriteOthers(SchemaObjectShape shape, string hint)
    {
        if (shape.Others.Count == 0) return GbnfElement.Empty;
        GbnfElement[] options = [.. shape.Others.Select(keys => GbnfElement.Sequence(
            _text.Quoted(keys.Names, Join(hint, "name")), AfterMark(":"), Write(keys.Goal, Join(hint, "other"))))];
        return GbnfElement.Rule(_rules.Add(Join(hint, "others"), GbnfElement.Choice(options).Text));
    }

    private static string Join(string hint, string name) => hint.Length == 0 ? name : $"{hint}-{name}";
}
