namespace Cria.Text.Templates;

/// <summary>Values as text: as they are printed, and as they are written into a text.</summary>
internal static class ValueText
{
    /// <summary>Prints a value as llama.cpp does: of a list its items, and nothing of maps, none, undefined and functions.</summary>
    public static void Print(Evaluation evaluation, TemplateValue value)
    {
        switch (value)
        {
            case StringValue text:
                evaluation.Output.Append(text);
                break;
            case BooleanValue or IntegerValue or FloatValue:
                Append(evaluation, evaluation.Output, value);
                break;
            case ListValue list:
                evaluation.Deepen();
                foreach (TemplateValue item in list.Items)
                {
                    evaluation.Charge(1);
                    Print(evaluation, item);
                }
                evaluation.Leave();
                break;
        }
    }

    /// <summary>The text of a value, as the filter <c>string</c> and the operator <c>~</c> have it.</summary>
    public static StringValue Of(Evaluation evaluation, TemplateValue value)
    {
        if (value is StringValue text) return text.Copy();
        var builder = new TextBuilder(evaluation);
        Append(evaluation, builder, value);
        return builder.ToValue();
    }

    public static void Append(Evaluation evaluation, TextBuilder text, TemplateValue value)
    {
        switch (value)
        {
            case StringValue s:
                text.Append(s);
                break;
            case BooleanValue flag:
                text.Append(flag.IsTrue ? "True" : "False");
                break;
            case IntegerValue or FloatValue:
                text.Append(Numbers.ToText(value));
                break;
            case NoneValue:
                text.Append("None");
                break;
            case UndefinedValue:
                break;
            case ListValue or MapValue:
                AppendItems(evaluation, text, value);
                break;
            default:
                throw evaluation.Fail($"A {value.Kind} has no text.");
        }
    }

    /// <summary>Appends a value as Python shows it inside a list.</summary>
    public static void AppendShown(Evaluation evaluation, TextBuilder text, TemplateValue value)
    {
        switch (value)
        {
            case StringValue s when s.Text.Contains('\''):
                ValueJson.Append(evaluation, text, value);
                break;
            case StringValue s:
                text.Append('\'');
                text.Append(s);
                text.Append('\'');
                break;
            case UndefinedValue:
                text.Append("Undefined");
                break;
            case FunctionValue function:
                text.Append($"Function<{function.Name}>");
                break;
            default:
                Append(evaluation, text, value);
                break;
        }
    }

    private static void AppendItems(Evaluation evaluation, TextBuilder text, TemplateValue value)
    {
        evaluation.Deepen();
        if (value is MapValue map)
        {
            text.Append('{');
            for (int i = 0; i < map.Entries.Count; i++)
            {
                if (i > 0) text.Append(", ");
                evaluation.Charge(1);
                AppendShown(evaluation, text, map.Entries[i].Key);
                text.Append(": ");
                AppendShown(evaluation, text, map.Entries[i].Value);
            }
            text.Append('}');
        }
        else
        {
            var list = (ListValue)value;
            text.Append(list.IsTuple ? '(' : '[');
            for (int i = 0; i < list.Items.Count; i++)
            {
                if (i > 0) text.Append(", ");
                evaluation.Charge(1);
                AppendShown(evaluation, text, list.Items[i]);
            }
            text.Append(list.IsTuple ? list.Items.Count == 1 ? ",)" : ")" : "]");
        }
        evaluation.Leave();
    }
}
