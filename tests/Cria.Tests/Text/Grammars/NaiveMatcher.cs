using System.Text;
using Cria.Text.Grammars;

namespace Cria.Tests.Text.Grammars;

/// <summary>Follows a text through the rules of a grammar as written, character by character: slow, and nothing in common with the automaton.</summary>
internal sealed class NaiveMatcher(RuleSet grammar)
{
    private const int MostReadings = 2000;

    private readonly record struct Reading(Rest? Rest);

    private sealed record Rest(Expression Head, Rest? Tail);

    /// <summary>Whether the text is accepted, and whether it could go on or end: bytes at its end may be a part of a character.</summary>
    public (bool IsAccepted, bool IsBeginning) Match(ReadOnlySpan<byte> text)
    {
        HashSet<Reading> readings = Heads([new Reading(new Rest(grammar.Rules[grammar.Root].Body, null))]);
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(text, out Rune rune, out int length) == System.Buffers.OperationStatus.NeedMoreData)
            {
                (uint low, uint high) = Completions(text);
                return (false, readings.Any(r => r.Rest is { } rest && Set(rest).Ranges.Any(range => Overlaps(range, low, high))));
            }
            if (rune == Rune.ReplacementChar && !text.StartsWith("\uFFFD"u8) || rune.Value == 0) return (false, false);
            readings = Heads(readings.Where(r => r.Rest is { } rest && Set(rest).Ranges.Any(range => range.First <= rune.Value && rune.Value <= range.Last))
                .Select(r => new Reading(r.Rest!.Tail)));
            text = text[length..];
        }
        return (readings.Contains(new Reading(null)), readings.Count > 0);
    }

    private static CodePointSet Set(Rest rest) => ((CharacterExpression)rest.Head).Set;

    private static bool Overlaps(CodePointRange range, uint low, uint high)
    {
        (uint first, uint last) = (Math.Max(range.First, low), Math.Min(range.Last, high));
        return first <= last && !(first >= 0xD800 && last <= 0xDFFF);
    }

    // The code points whose UTF-8 begins with these bytes.
    private static (uint Low, uint High) Completions(ReadOnlySpan<byte> bytes)
    {
        int length = bytes[0] >= 0xF0 ? 4 : bytes[0] >= 0xE0 ? 3 : 2;
        uint value = (uint)(bytes[0] & (0x7F >> length));
        foreach (byte b in bytes[1..]) value = value << 6 | (uint)(b & 0x3F);
        int open = 6 * (length - bytes.Length);
        uint least = length switch { 2 => 0x80, 3 => 0x800, _ => 0x10000 };
        return (Math.Max(value << open, least), Math.Min((value << open) + (1u << open) - 1, 0x10FFFF));
    }

    // All that follows without reading a character, up to the next one to be read.
    private HashSet<Reading> Heads(IEnumerable<Reading> readings)
    {
        var seen = new HashSet<Reading>();
        var heads = new HashSet<Reading>();
        var open = new Stack<Reading>(readings);
        while (open.TryPop(out Reading reading))
        {
            if (!seen.Add(reading)) continue;
            if (seen.Count > MostReadings) throw new TooManyReadings();
            if (reading.Rest is not { Head: var head, Tail: var tail } || head is CharacterExpression) heads.Add(reading);
            else foreach (Rest? next in Open(head, tail)) open.Push(new Reading(next));
        }
        return heads;
    }

    private IEnumerable<Rest?> Open(Expression head, Rest? tail)
    {
        switch (head)
        {
            case SequenceExpression sequence:
                yield return sequence.Parts.Reverse().Aggregate(tail, (rest, part) => new Rest(part, rest));
                break;
            case ChoiceExpression choice:
                foreach (Expression option in choice.Options) yield return new Rest(option, tail);
                break;
            case RuleExpression rule:
                yield return new Rest(grammar.Rules[rule.Rule].Body, tail);
                break;
            case RepeatExpression repeat:
                if (repeat.Least == 0) yield return tail;
                if (repeat.Most == 0) break;
                yield return new Rest(repeat.Body, new Rest(repeat with { Least = Math.Max(0, repeat.Least - 1), Most = repeat.Most - 1 }, tail));
                break;
        }
    }

    /// <summary>The grammar is too ambiguous for a matcher this naive.</summary>
    internal sealed class TooManyReadings : Exception;
}
