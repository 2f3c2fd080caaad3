namespace Cria;

/// <summary>A chat template cannot be parsed, or fails while it renders.</summary>
public sealed class TemplateException : CriaException
{
    /// <summary>Creates the exception for a place of the template; the message names the place and the problem.</summary>
    public TemplateException(int line, int column, string problem)
        : base($"The template fails at line {line}, column {column}: {problem}")
    {
        Line = line;
        Column = column;
        Problem = problem;
    }

    /// <summary>The line of the template, counted from 1.</summary>
    public int Line { get; }

    /// <summary>The column in that line, counted from 1.</summary>
    public int Column { get; }

    /// <summary>What is wrong there; for a template that raises an exception by itself, its words.</summary>
    public string Problem { get; }
}
