namespace Cria;

/// <summary>A JSON schema is ill-formed, allows no value at all, or asks for something that a grammar cannot enforce.</summary>
public sealed class JsonSchemaException : CriaException
{
    /// <summary>Creates the exception for the part of the schema that a JSON pointer names.</summary>
    public JsonSchemaException(string pointer, string problem) : base($"{(pointer.Length == 0 ? "The schema" : $"#{pointer}")}: {problem}.") =>
        Pointer = pointer;

    /// <summary>Creates the exception for a schema that is no JSON; line and column count from 1.</summary>
    public JsonSchemaException(int line, int column, string problem)
        : base(FormattableString.Invariant($"The schema is no JSON: line {line}, column {column}: {problem}"))
    {
        Pointer = "";
        Line = line;
        Column = column;
    }

    /// <summary>Where in the schema the problem is, as a JSON pointer; empty for the whole schema.</summary>
    public string Pointer { get; }

    /// <summary>The line where the text is no JSON, counted from 1; null where it is.</summary>
    public int? Line { get; }

    /// <summary>The column where the text is no JSON, counted from 1; null where it is.</summary>
    public int? Column { get; }
}
