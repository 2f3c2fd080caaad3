using System.Text;

namespace Cria.Text.Grammars;

/// <summary>Checks whole texts against a grammar, without a vocabulary.</summary>
internal sealed class TextCheck(Automaton automaton)
{
    private readonly Recognizer _recognizer = new(automaton);

    public GrammarCheck Check(string text)
    {
        Situation situation = _recognizer.Start();
        Span<byte> bytes = stackalloc byte[4];
        for (int position = 0; position < text.Length;)
        {
            Rune.DecodeFromUtf16(text.AsSpan(position), out Rune character, out int length);
            situation = _recognizer.Current(situation);
            Situation next = situation;
            foreach (byte value in bytes[..character.EncodeToUtf8(bytes)])
            {
                next = _recognizer.After(next, value);
                if (next.IsDead) return Failure(situation, position, isBeginning: false);
            }
            situation = next;
            position += length;
        }
        if (!situation.IsComplete) return Failure(situation, text.Length, isBeginning: true);
        return new GrammarCheck { IsAccepted = true, IsBeginning = true, Position = text.Length };
    }

    private GrammarCheck Failure(Situation situation, int position, bool isBeginning) => new()
    {
        IsAccepted = false,
        IsBeginning = isBeginning,
        Position = position,
        Expected = new Expectation(_recognizer).Describe(situation),
    };
}
