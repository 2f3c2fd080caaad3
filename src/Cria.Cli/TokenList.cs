using System.Globalization;

namespace Cria.Cli;

/// <summary>Reads token ids as people and programs write them: "1,2,3", "1 2 3" or "[1, 2, 3]".</summary>
internal static class TokenList
{
    public static int[] Parse(string text)
    {
        string[] parts = text.Trim().TrimStart('[').TrimEnd(']')
            .Split([',', ' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries);
        int[] tokens = new int[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out tokens[i]))
                throw new UsageException($"'{parts[i]}' is not a token id. Give whole numbers with commas between them, such as 1,2,3.");
        }

        return tokens;
    }

    /// <summary>Refuses tokens that a vocabulary of <paramref name="count"/> does not have.</summary>
    public static void Check(int[] tokens, int count)
    {
        foreach (int token in tokens)
        {
            if (token >= count) throw new UsageException($"{token} is not a token of this model: its ids go from 0 to {count - 1}.");
        }
    }
}
