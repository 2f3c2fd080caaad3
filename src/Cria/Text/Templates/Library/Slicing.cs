namespace Cria.Text.Templates.Library;

/// <summary>Slices of lists and texts.</summary>
internal static class Slicing
{
    public static TemplateValue Slice(Evaluation evaluation, TemplateValue value, long? start, long? stop, long step)
    {
        if (step == 0) throw evaluation.Fail("The step of a slice cannot be 0.");
        switch (value)
        {
            case ListValue list:
                evaluation.ChargeItems(list.Items.Count);
                return new ListValue(Places(list.Items.Count, start, stop, step).Select(place => list.Items[place]), list.IsTuple);
            case StringValue text:
                return Utf8Text.Slice(evaluation, text, length => Places(length, start, stop, step), step);
            default:
                throw evaluation.Fail($"A {value.Kind} cannot be sliced.");
        }
    }

    // Going down, -1 as the stop means that the first item is the last taken, where Python would take it for the last item.
    private static IEnumerable<int> Places(int length, long? start, long? stop, long step)
    {
        if (length == 0) yield break;
        if (step > 0)
        {
            long end = FromEnd(stop ?? length, length, 0, length);
            for (long i = FromEnd(start ?? 0, length, 0, length); i < end; i += Math.Min(step, length)) yield return (int)i;
        }
        else
        {
            long end = stop is null or -1 ? -1 : FromEnd(stop.Value, length, -1, length - 1);
            long first = FromEnd(start ?? (length - 1), length, 0, length - 1);
            for (long i = first; i > end && i >= 0; i += Math.Max(step, -length)) yield return (int)i;
        }
    }

    private static long FromEnd(long place, int length, long lowest, long highest) =>
        place < 0 ? Math.Max(place + length, lowest) : Math.Min(place, highest);
}
