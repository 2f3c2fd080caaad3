using Cria.Text.Templates.Library;

namespace Cria.Text.Templates.Tree;

/// <summary>A member by its name, <c>value.name</c>.</summary>
internal sealed class Member(int position, Expression target, string name) : Expression(position)
{
    public Expression Target => target;

    public string Name => name;

    protected override TemplateValue Compute(Evaluation evaluation)
    {
        TemplateValue value = target.Evaluate(evaluation);
        evaluation.At(this);
        evaluation.Reads?.Use(value, name);
        if (value is FunctionValue) throw evaluation.Fail($"A function has no member {name}.");

        // Python's methods come before the entries of a map of the same name, so that message.items is the method even where there are items.
        bool ownFirst = value is MapValue map && (map.IsNamespace || !Methods.HidesEntry(name)) && map.Get(name) is not UndefinedValue;
        if (!ownFirst && Methods.Find(value, name) is { } method) return method;
        TemplateValue member = value switch
        {
            MapValue entries => entries.Get(name),
            LoopValue loop => loop.Get(name),
            _ => TemplateValue.Undefined,
        };
        Subscript.NoteAccess(evaluation.Reads, value, member, ReadLog.MemberAccess);
        return member;
    }
}

/// <summary>An element by its index or key, <c>value[key]</c>.</summary>
internal sealed class Subscript(int position, Expression target, Expression? key) : Expression(position)
{
    public static void NoteAccess(ReadLog? reads, TemplateValue target, TemplateValue result, string access)
    {
        reads?.Use(target, access);
        reads?.Use(result);
    }

    protected override TemplateValue Compute(Evaluation evaluation)
    {
        TemplateValue value = target.Evaluate(evaluation);
        TemplateValue index = key?.Evaluate(evaluation) ?? TemplateValue.Undefined;
        evaluation.At(this);
        if (index is UndefinedValue) return index;
        if (!ValueEquality.CanBeKey(index)) throw evaluation.Fail($"A {index.Kind} cannot be a key.");
        if (value is UndefinedValue) return value;

        evaluation.Charge(ValueEquality.Cost(index));
        TemplateValue element = Element(evaluation, value, index);
        evaluation.Reads?.Use(index);
        if (index is IntegerValue) NoteAccess(evaluation.Reads, value, element, ReadLog.ElementAccess);
        else if (index is StringValue) NoteAccess(evaluation.Reads, value, element, ReadLog.MemberAccess);
        return element;
    }

    private static TemplateValue Element(Evaluation evaluation, TemplateValue value, TemplateValue index)
    {
        switch (value, index)
        {
            case (MapValue map, _) when map.TryGet(index, out TemplateValue? entry) && entry is not UndefinedValue:
                return entry;
            case (MapValue, _):
                return index is StringValue ? Method(evaluation, value, index) : TemplateValue.Undefined;
            case (LoopValue loop, StringValue member):
                return loop.Get(member.Text);
            case (ListValue list, IntegerValue { Value: var place }):
                if (place < 0) place += list.Items.Count;
                return place >= 0 && place < list.Items.Count ? list.Items[(int)place] : TemplateValue.Undefined;
            case (StringValue text, IntegerValue { Value: var place }):
                return Utf8Text.ByteAt(evaluation, text, place) ?? TemplateValue.Undefined;
            case (_, StringValue):
                return Method(evaluation, value, index);
            default:
                throw evaluation.Fail($"A {value.Kind} has no element by {index.Kind}.");
        }
    }

    private static TemplateValue Method(Evaluation evaluation, TemplateValue value, TemplateValue name)
    {
        string text = ((StringValue)name).Text;
        evaluation.Reads?.Use(value, text);
        return Methods.Find(value, text) ?? TemplateValue.Undefined;
    }
}

/// <summary>A slice, <c>value[start:stop:step]</c>.</summary>
internal sealed class Slice(int position, Expression target, Expression? start, Expression? stop, Expression? step) : Expression(position)
{
    protected override TemplateValue Compute(Evaluation evaluation)
    {
        TemplateValue value = target.Evaluate(evaluation);
        long? by = Bound(evaluation, step);
        long? from = Bound(evaluation, start);
        long? to = Bound(evaluation, stop);
        evaluation.At(this);
        evaluation.Reads?.Use(value, "slice");
        return Slicing.Slice(evaluation, value, from, to, by ?? 1);
    }

    private static long? Bound(Evaluation evaluation, Expression? bound) => bound?.Evaluate(evaluation) switch
    {
        null or NoneValue => null,
        IntegerValue integer => integer.Value,
        { } other => throw evaluation.Fail($"A slice goes from integer to integer, not by {other.Kind}."),
    };
}
