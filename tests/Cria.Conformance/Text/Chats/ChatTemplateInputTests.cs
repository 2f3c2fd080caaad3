using Cria.Text.Templates;

namespace Cria.Conformance.Text.Chats;

/// <summary>Under every published template, what comes from outside is known as such in the prompt.</summary>
public sealed class ChatTemplateInputTests
{
    private static readonly string[] Data =
    [
        "SYSTEMTEXT", "USERTEXT", "ANSWERTEXT", "REASONINGTEXT", "RESULTTEXT", "TOOLNAME", "TOOLTEXT", "PROPERTYNAME", "PROPERTYTEXT", "KEYTEXT", "VALUETEXT",
    ];

    private static readonly IReadOnlyList<ChatTool> Tools = ChatTool.FromJson("""
        [{ "type": "function", "function": { "name": "TOOLNAME", "description": "TOOLTEXT", "parameters": { "type": "object", "properties": {
           "PROPERTYNAME": { "type": "string", "description": "PROPERTYTEXT" }, "mode": { "type": "string", "enum": ["VALUETEXT"] } }, "required": ["PROPERTYNAME"] } } }]
        """);

    private static readonly IReadOnlyList<ChatMessage> Messages = ChatMessage.FromJson("""
        [{ "role": "system", "content": "SYSTEMTEXT" },
         { "role": "user", "content": " USERTEXT " },
         { "role": "assistant", "content": "ANSWERTEXT", "reasoning_content": "REASONINGTEXT", "tool_calls": [
           { "id": "abcdefghi", "type": "function", "function": { "name": "TOOLNAME", "arguments": "{\"KEYTEXT\": \"VALUETEXT\", \"list\": [\"VALUETEXT\", {\"KEYTEXT\": 1}]}" } }] },
         { "role": "tool", "tool_call_id": "abcdefghi", "name": "TOOLNAME", "content": "{\"KEYTEXT\": \"RESULTTEXT\"}" },
         { "role": "assistant", "content": "ANSWERTEXT" },
         { "role": "user", "content": [{ "type": "text", "text": "USERTEXT" }, { "type": "text", "text": "USERTEXT" }] }]
        """);

    [SkippableFact]
    public void Text_from_outside_is_marked()
    {
        var unmarked = new SortedSet<string>();
        int found = 0;
        foreach (string path in Oracle.SourceFiles("models/templates", "*.jinja"))
        {
            ChatTemplate template = ChatTemplate.Parse(File.ReadAllText(path));
            ChatRequest[] requests = [new(Messages) { Tools = Tools }, new([.. Messages.Where(m => m.ToolCalls is null && m.Role != "tool")])];
            foreach (ChatRequest request in requests)
            {
                RenderedText prompt;
                try
                {
                    prompt = template.Render(request);
                }
                catch (TemplateException)
                {
                    continue; // The template does not want such a conversation.
                }

                foreach (string data in Data)
                {
                    for (int at = prompt.Text.IndexOf(data); at >= 0; at = prompt.Text.IndexOf(data, at + 1))
                    {
                        found++;
                        bool isMarked = prompt.Input.Any(range => range.Start.Value <= at && at + data.Length <= range.End.Value);
                        if (!isMarked) unmarked.Add($"{Path.GetFileName(path)}: {data} in …{prompt.Text[Math.Max(0, at - 30)..(at + data.Length)].ReplaceLineEndings("\\n")}");
                    }
                }
            }
        }

        Assert.True(found > 1000, $"Only {found} texts were found.");
        Assert.True(unmarked.Count == 0, string.Join('\n', unmarked));
    }

    [SkippableFact]
    public void Marks_do_not_reach_into_what_the_template_writes()
    {
        foreach (string path in Oracle.SourceFiles("models/templates", "*.jinja"))
        {
            ChatTemplate template = ChatTemplate.Parse(File.ReadAllText(path));
            RenderedText prompt = template.Render(new ChatRequest([ChatMessage.User("USERTEXT")]));
            Assert.Equal(["USERTEXT"], prompt.Input.Select(range => prompt.Text[range]));
        }
    }
}
