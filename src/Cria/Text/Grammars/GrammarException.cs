namespace Cria;

/// <summary>A grammar or a regular expression cannot be read.</summary>
public sealed class GrammarException : CriaException
{
    /// <summary>Creates the exception for a position in the text of the grammar or expression; both count from 1.</summary>
    public GrammarException(int line, int column, string problem)
        : base(FormattableString.Invariant($"Line {line}, column {column}: {problem}."))
    {
        Line = line;
        Column = column;
    }

    /// <summary>The line of the problem, counted from 1.</summary>
    public int Line { get; }

    /// <summary>The column of the problem, counted from 1.</summary>
    public int Column { get; }
}
