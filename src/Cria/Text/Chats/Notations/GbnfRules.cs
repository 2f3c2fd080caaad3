using System.Text;

namespace Cria.Text.Chats;

/// <summary>Takes the rules of a GBNF text apart, so that several grammars can stand in one.</summary>
internal static class GbnfRules
{
    /// <summary>The rules with their bodies, in the order of the text; each rule stands on a line of its own or goes on inside brackets.</summary>
    public static IEnumerable<(string Name, string Body)> Read(string gbnf)
    {
        string? name = null;
        var body = new StringBuilder();
        foreach (string line in gbnf.Split('\n'))
        {
            int definition = line.IndexOf("::=", StringComparison.Ordinal);
            bool isRule = definition > 0 && line[..definition].Trim().All(c => char.IsAsciiLetterOrDigit(c) || c == '-');
            if (isRule)
            {
                if (name is not null) yield return (name, body.ToString());
                name = line[..definition].Trim();
                body.Clear().Append(line.AsSpan(definition + 3).Trim());
            }
            else if (line.Trim().Length > 0)
            {
                body.Append(' ').Append(line.Trim());
            }
        }

        if (name is not null) yield return (name, body.ToString());
    }

    /// <summary>The body of a rule with other names for the rules it refers to.</summary>
    public static string Rename(string body, Func<string, string> name)
    {
        var renamed = new StringBuilder();
        for (int i = 0; i < body.Length;)
        {
            int end = i + 1;
            if (body[i] is '"' or '[')
            {
                char close = body[i] == '"' ? '"' : ']';
                while (end < body.Length && body[end] != close) end += body[end] == '\\' ? 2 : 1;
                end = Math.Min(end + 1, body.Length);
                renamed.Append(body.AsSpan(i, end - i));
            }
            else if (body[i] == '{')
            {
                end = body.IndexOf('}', i) + 1;
                renamed.Append(body.AsSpan(i, end - i));
            }
            else if (char.IsAsciiLetter(body[i]))
            {
                while (end < body.Length && (char.IsAsciiLetterOrDigit(body[end]) || body[end] == '-')) end++;
                renamed.Append(name(body[i..end]));
            }
            else
            {
                renamed.Append(body[i]);
            }

            i = end;
        }

        return renamed.ToString();
    }
}
