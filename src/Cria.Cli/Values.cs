using System.CommandLine.Parsing;
using System.Globalization;

namespace Cria.Cli;

/// <summary>Reads the values of options exactly as written; the parser's own conversion also takes "1,5" for fifteen.</summary>
internal static class Values
{
    private const NumberStyles Fraction = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    public static int ReadInteger(ArgumentResult result) =>
        int.TryParse(Text(result), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value)
            ? value
            : Refuse<int>(result, "a whole number");

    public static int[] ReadIntegers(ArgumentResult result)
    {
        int[] values = new int[result.Tokens.Count];
        for (int i = 0; i < values.Length; i++)
        {
            if (!int.TryParse(result.Tokens[i].Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out values[i]))
            {
                Refuse<int>(result, "whole numbers");
                break;
            }
        }

        return values;
    }

    public static long ReadLong(ArgumentResult result) =>
        long.TryParse(Text(result), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value)
            ? value
            : Refuse<long>(result, "a whole number");

    public static float ReadNumber(ArgumentResult result) =>
        float.TryParse(Text(result), Fraction, CultureInfo.InvariantCulture, out float value)
            ? value
            : Refuse<float>(result, "a number such as 0.8");

    /// <summary>Reads an enumeration by its names, regardless of case.</summary>
    public static T ReadName<T>(ArgumentResult result) where T : struct, Enum
    {
        string text = Text(result);
        foreach (T value in Enum.GetValues<T>())
        {
            if (string.Equals(value.ToString(), text, StringComparison.OrdinalIgnoreCase)) return value;
        }

        return Refuse<T>(result, $"one of {string.Join(", ", Enum.GetNames<T>())}");
    }

    /// <summary>Reads where guesses of a text come from.</summary>
    public static Speculation? ReadSpeculation(ArgumentResult result) => Text(result) switch
    {
        "none" => Speculation.None,
        "lookup" => Speculation.Lookup,
        _ => Refuse<Speculation>(result, "none or lookup; a draft model is named with --draft-model"),
    };

    public static Dictionary<int, float> ReadBiases(ArgumentResult result)
    {
        var biases = new Dictionary<int, float>();
        foreach (Token token in result.Tokens)
        {
            string[] parts = token.Value.Split('=');
            float bias = float.NegativeInfinity;
            if (parts.Length != 2
                || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int id)
                || (parts[1] != "-inf" && !float.TryParse(parts[1], Fraction, CultureInfo.InvariantCulture, out bias)))
            {
                result.AddError(
                    $"{Name(result)} is '{token.Value}', but must be a token id and a number, such as 15043=-1.5 or 15043=-inf.");
                return [];
            }

            biases[id] = bias;
        }

        return biases;
    }

    /// <summary>Reads files with scales; what follows the last colon is a scale only if it is a number, for paths have colons too.</summary>
    public static AdapterFile[] ReadAdapters(ArgumentResult result)
    {
        var adapters = new AdapterFile[result.Tokens.Count];
        for (int i = 0; i < adapters.Length; i++)
        {
            string text = result.Tokens[i].Value;
            int colon = text.LastIndexOf(':');
            float scale = 1;
            bool hasScale = colon > 0 && float.TryParse(text.AsSpan(colon + 1), Fraction, CultureInfo.InvariantCulture, out scale);
            adapters[i] = hasScale ? new AdapterFile(text[..colon], scale) : new AdapterFile(text);
        }

        return adapters;
    }

    /// <summary>The option as the user wrote it.</summary>
    private static string Name(ArgumentResult result) =>
        result.Parent is OptionResult option ? option.IdentifierToken?.Value ?? option.Option.Name : result.Argument.Name;

    private static string Text(ArgumentResult result) => result.Tokens[0].Value;

    private static T? Refuse<T>(ArgumentResult result, string expected)
    {
        result.AddError($"{Name(result)} is '{Text(result)}', but must be {expected}.");
        return default;
    }
}
