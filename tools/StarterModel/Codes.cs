using System.Numerics;

namespace Cria.Starter;

/// <summary>Words as vectors of ±1 that resemble each other little.</summary>
internal static class Codes
{
    /// <summary>Codes of up to 64 signs, one per bit; no two have a dot product above <paramref name="mostAlike"/>.</summary>
    public static ulong[] Make(int count, int length, int mostAlike, ulong seed)
    {
        var codes = new List<ulong>();
        ulong mask = length == 64 ? ulong.MaxValue : (1UL << length) - 1;
        while (codes.Count < count)
        {
            ulong candidate = Next(ref seed) & mask;
            // The dot product of two sign vectors is the length less twice the signs that differ.
            if (codes.TrueForAll(code => length - 2 * BitOperations.PopCount(code ^ candidate) <= mostAlike)) codes.Add(candidate);
        }

        return [.. codes];
    }

    public static float Sign(ulong code, int index) => (code >> index & 1) == 0 ? -1 : 1;

    // SplitMix64: the same numbers on every machine and runtime.
    private static ulong Next(ref ulong state)
    {
        ulong z = state += 0x9E3779B97F4A7C15;
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
        z = (z ^ z >> 27) * 0x94D049BB133111EB;
        return z ^ z >> 31;
    }
}
