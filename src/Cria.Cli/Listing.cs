using Spectre.Console;

namespace Cria.Cli;

/// <summary>Rows of text: a table for a person, tab-separated lines for a program.</summary>
internal sealed class Listing(params string[] headings)
{
    private readonly List<string[]> _rows = [];

    /// <summary>Adds a row; what strangers wrote into a model file cannot break the lines or steer the terminal.</summary>
    public void Add(params string[] cells) => _rows.Add([.. cells.Select(Visible.OnOneLine)]);

    public void Write(Terminal terminal)
    {
        if (terminal.OutputIsSeen)
        {
            terminal.Out.Flush();
            WriteTable();
            return;
        }

        foreach (string[] row in _rows) terminal.Out.WriteLine(string.Join('\t', row));
    }

    private void WriteTable()
    {
        var table = new Table { Border = TableBorder.Rounded, ShowHeaders = headings.Length > 0 };
        int columns = headings.Length > 0 ? headings.Length : _rows.Count > 0 ? _rows[0].Length : 1;
        for (int i = 0; i < columns; i++) table.AddColumn(headings.Length > 0 ? Markup.Escape(headings[i]) : "");
        foreach (string[] row in _rows) table.AddRow([.. row.Select(Markup.Escape)]);
        AnsiConsole.Write(table);
    }
}
