using System.Text.Json;

namespace Cria.Text.Templates;

/// <summary>A value that a template works with.</summary>
internal abstract class TemplateValue
{
    private const int DeepestJson = 256;

    public static TemplateValue Undefined { get; } = new UndefinedValue();

    public static TemplateValue None { get; } = new NoneValue();

    /// <summary>What this kind of value is called in messages.</summary>
    public abstract string Kind { get; }

    /// <summary>Whether the value counts as true.</summary>
    public abstract bool IsTrue { get; }

    public static implicit operator TemplateValue(bool value) => new BooleanValue(value);

    public static implicit operator TemplateValue(long value) => new IntegerValue(value);

    public static implicit operator TemplateValue(double value) => new FloatValue(value);

    public static implicit operator TemplateValue(string value) => new StringValue(value);

    /// <summary>Makes a value of JSON; <paramref name="isInput"/> says that it is the caller's data and not the template's.</summary>
    public static TemplateValue FromJson(JsonElement json, bool isInput) => FromJson(json, isInput, DeepestJson);

    private static TemplateValue FromJson(JsonElement json, bool isInput, int depth)
    {
        if (depth == 0) throw new TemplateException(1, 1, $"The values for the template nest deeper than {DeepestJson} levels.");
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                var map = new MapValue();
                foreach (JsonProperty property in json.EnumerateObject())
                {
                    map.Set(StringValue.From(property.Name, isInput), FromJson(property.Value, isInput, depth - 1));
                }
                return map;
            case JsonValueKind.Array:
                return new ListValue(json.EnumerateArray().Select(item => FromJson(item, isInput, depth - 1)));
            case JsonValueKind.String:
                return StringValue.From(json.GetString()!, isInput);
            case JsonValueKind.Number:
                if (json.TryGetInt64(out long integer)) return integer;
                return json.GetDouble();
            case JsonValueKind.True:
            case JsonValueKind.False:
                return json.GetBoolean();
            default:
                return new NoneValue();
        }
    }
}

/// <summary>What a name, a member or an element is where there is none.</summary>
internal sealed class UndefinedValue : TemplateValue
{
    public override string Kind => "undefined";

    public override bool IsTrue => false;
}

internal sealed class NoneValue : TemplateValue
{
    public override string Kind => "none";

    public override bool IsTrue => false;
}

internal sealed class BooleanValue(bool value) : TemplateValue
{
    public bool Value => value;

    public override string Kind => "boolean";

    public override bool IsTrue => value;
}

internal sealed class IntegerValue(long value) : TemplateValue
{
    public long Value => value;

    public override string Kind => "integer";

    public override bool IsTrue => value != 0;
}

internal sealed class FloatValue(double value) : TemplateValue
{
    public double Value => value;

    public override string Kind => "float";

    public override bool IsTrue => value != 0;
}

/// <summary>A function, or a method bound to its value.</summary>
internal sealed class FunctionValue(string name, Func<Arguments, TemplateValue> call) : TemplateValue
{
    public string Name => name;

    public override string Kind => "function";

    public override bool IsTrue => true;

    public TemplateValue Call(Arguments arguments) => call(arguments);
}
