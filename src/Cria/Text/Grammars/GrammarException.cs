namespace Cria;

/// <summary>A grammar or a regular expression is ill-formed, or asks for more than can be done.</summary>
public sealed class GrammarException : CriaException
{
    /// <summary>Creates the exception for a place in the text of the grammar or expression; both count from 1.</summary>
    public GrammarException(int line, int column, string problem)
        : base(FormattableString.Invariant($"Line {line}, column {column}: {problem}{(problem.EndsWith('.') ? "" : ".")}"))
    {
        Line = line;
        Column = column;
    }

    /// <summary>Creates the exception for a grammar as a whole.</summary>
    public GrammarException(string message) : base(message)
    {
    }

    /// <summary>The line of the grammar's text, from 1; 0 where no single place is to blame.</summary>
    public int Line { get; }

    /// <summary>The column in that line, from 1; 0 where no single place is to blame.</summary>
    public int Column { get; }
}
