namespace Cria.Runtime;

/// <summary>Amounts of memory and numbers of tokens, as messages name them.</summary>
internal static class Amounts
{
    /// <summary>A number of bytes with three digits: 512 bytes, 1.5 MiB, 23.4 GiB.</summary>
    public static string Bytes(long bytes)
    {
        string[] units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
        if (bytes < 1024) return FormattableString.Invariant($"{bytes} bytes");
        double amount = bytes / 1024.0;
        int unit = 0;
        // 1023.95 would be written as 1024.0.
        while (amount >= 1023.95 && unit < units.Length - 1)
        {
            amount /= 1024;
            unit++;
        }

        return FormattableString.Invariant($"{amount:0.#} {units[unit]}");
    }

    /// <summary>A number of tokens: 131,072 tokens.</summary>
    public static string Tokens(int count) => FormattableString.Invariant($"{count:N0} tokens");
}
