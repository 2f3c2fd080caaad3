namespace Cria.Testing;

public static partial class ChatSamples
{
    // Calls as JSON objects with the names inside.
    private static ChatSampleFamily[] JsonFamilies =>
    [
        new("Qwen-Qwen3-0.6B", "<tool_call> <think> </think>", "<|im_start|>assistant\n",
            Plain("Hello, how are you?\n\nFine."),
            new ChatSample("<think>\nI should look.\n</think>\n\nThe weather is fine.") { Reasoning = "I should look.", Content = "The weather is fine." },
            new ChatSample("<think>\n\n</think>\n\nFine.") { Content = "Fine." },
            new ChatSample("Write <think>, </think> and <tool_call> as you like.")
            {
                Ours = "llama.cpp refuses it", Content = "Write <think>, </think> and <tool_call> as you like.",
            },
            new ChatSample("<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\", \"days\": 3}}\n</tool_call>", RomeFor3) { From = "<tool_call>" },
            new ChatSample("<think>\nHm, {\"a\": 1}.\n</think>\n\nI look it up.\n<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\"}}\n</tool_call>\n"
                + "<tool_call>\n{\"name\": \"set_light\", \"arguments\": {\"room\": \"hall\", \"on\": true}}\n</tool_call>", Rome, LightOn)
            {
                Reasoning = "Hm, {\"a\": 1}.", Content = "I look it up.", From = "<tool_call>",
            },
            new ChatSample("<tool_call>\n{\"name\": \"run_code\", \"arguments\": {\"code\": \"def f(x):\\n    return \\\"<\\\" + x\\n\"}}\n</tool_call>", Code) { From = "<tool_call>" },
            new ChatSample("<tool_call>\n{\"name\": \"ping\", \"arguments\": {}}\n</tool_call>", Ping) { From = "<tool_call>" }),
        new("Qwen-QwQ-32B", "<tool_call> </think>", "<|im_start|>assistant\n<think>\n",
            new ChatSample("I should look.\n</think>\n\nFine.") { Reasoning = "I should look.", Content = "Fine." },
            new ChatSample("Look.\n</think>\n\n<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\"}}\n</tool_call>", Rome)
            {
                Reasoning = "Look.", From = "<tool_call>",
            }),
        new("NousResearch-Hermes-3-Llama-3.1-8B-tool_use", "<tool_call>", "<|im_start|>assistant\n",
            new ChatSample("<tool_call>\n{\"name\": \"plan\", \"arguments\": {\"steps\": [\"a\", \"b \\\"c\\\"\"], \"options\": {\"fast\": false}}}\n</tool_call>", Plan)
            {
                From = "<tool_call>",
            }),
        new("ibm-granite-granite-4.0", "<tool_call>", "<|start_of_role|>assistant<|end_of_role|>",
            new ChatSample("<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\"}}\n</tool_call>", Rome) { From = "<tool_call>" }),
        new("mistralai-Mistral-Nemo-Instruct-2407", "[TOOL_CALLS]", "",
            Plain("Hello."),
            new ChatSample("[TOOL_CALLS][{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\"}, \"id\": \"abcDEF123\"}]", Rome) { From = "[TOOL_CALLS]" },
            new ChatSample("[TOOL_CALLS][{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\", \"days\": 3}, \"id\": \"abcDEF123\"}, "
                + "{\"name\": \"set_light\", \"arguments\": {\"room\": \"hall\", \"on\": true}, \"id\": \"abcDEF124\"}]", RomeFor3, LightOn) { From = "[TOOL_CALLS]" }),
        new("CohereForAI-c4ai-command-r7b-12-2024-tool_use", "<|START_ACTION|> <|START_THINKING|>", "",
            new ChatSample("<|START_RESPONSE|>Hello.<|END_RESPONSE|>") { Content = "Hello." },
            new ChatSample("<|START_THINKING|>Look.<|END_THINKING|><|START_ACTION|>[\n    {\"tool_call_id\": \"0\", \"tool_name\": \"get_weather\", \"parameters\": {\"city\": \"Rome\"}},\n"
                + "    {\"tool_call_id\": \"1\", \"tool_name\": \"set_light\", \"parameters\": {\"room\": \"hall\", \"on\": true}}\n]<|END_ACTION|>", Rome, LightOn)
            {
                Reasoning = "Look.", From = "<|START_ACTION|>",
            }),
        new("CohereForAI-c4ai-command-r-plus-tool_use", "Action: ```json tool_name", "<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>",
            new ChatSample("Action:\n```json\n[\n    {\n        \"tool_name\": \"get_weather\",\n        \"parameters\": {\"city\": \"Rome\"}\n    }\n]\n```", Rome) { Ours = "llama.cpp cannot render these tools", From = "Action:" }),
        new("unsloth-Apriel-1.5", "<tool_calls> [BEGIN FINAL RESPONSE]", "<|assistant|>\n",
            new ChatSample("<tool_calls>[{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\"}}]</tool_calls>", Rome) { From = "<tool_calls>" }),
        new("Apriel-1.6-15b-Thinker-fixed", "<tool_calls> [BEGIN FINAL RESPONSE]", "\n<|begin_assistant|>\nHere are my reasoning steps:\n",
            new ChatSample("Look.\n[BEGIN FINAL RESPONSE]\nFine.") { Ours = "the template's beginning of the reasoning is no reasoning", Reasoning = "Look.", Content = "Fine." },
            new ChatSample("Look.\n[BEGIN FINAL RESPONSE]\n<tool_calls>[{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\"}}]</tool_calls>", Rome)
            {
                Ours = "the template's beginning of the reasoning is no reasoning", Reasoning = "Look.", From = "<tool_calls>",
            }),
        new("MiniMax-M1", "<tool_calls> <beginning_of_sentence>", "<beginning_of_sentence>ai name=assistant\n",
            new ChatSample("<tool_calls>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\"}}\n</tool_calls>", Rome) { From = "<tool_calls>" }),
        new("NVIDIA-Nemotron-Nano-v2", "<TOOLCALL> <think>", "<SPECIAL_11>Assistant\n<think>\n",
            new ChatSample("Look.\n</think>\n\n<TOOLCALL>[{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\"}}, {\"name\": \"ping\", \"arguments\": {}}]</TOOLCALL>", Rome, Ping)
            {
                Reasoning = "Look.", From = "<TOOLCALL>",
            }),
        new("Apertus-8B-Instruct", "<|tools_prefix|> <|inner_prefix|>", "<|assistant_start|>",
            new ChatSample("<|tools_prefix|>[{\"get_weather\": {\"city\": \"Rome\"}}, {\"set_light\": {\"room\": \"hall\", \"on\": true}}]<|tools_suffix|>", Rome, LightOn)
            {
                From = "<|tools_prefix|>",
            }),
        new("fireworks-ai-llama-3-firefunction-v2", "functools[", "",
            new ChatSample(" functools[{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\"}}, {\"name\": \"ping\", \"arguments\": {}}]", Rome, Ping) { From = "functools" }),
        new("GigaChat3-10B-A1.8B", "<|role_sep|> <|message_sep|>", "assistant<|role_sep|>\n",
            new ChatSample("Look.<|message_sep|>\n\nfunction call<|role_sep|>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\"}}", Rome)
            {
                Content = "Look.", From = "<|message_sep|>",
            }),
        new("GigaChat3.1-10B-A1.8B", "<|role_sep|> <|function_call|>", "assistant<|role_sep|>\n",
            new ChatSample("<|function_call|>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\"}}", Rome) { From = "<|function_call|>" }),
        new("meta-llama-Llama-3.1-8B-Instruct", "<|python_tag|>", "<|start_header_id|>assistant<|end_header_id|>\n\n",
            Plain("Hello."),
            new ChatSample("{\"name\": \"get_weather\", \"parameters\": {\"city\": \"Rome\"}}", Rome) { From = "{" },
            new ChatSample("{\"type\": \"function\", \"name\": \"set_light\", \"parameters\": {\"room\": \"hall\", \"on\": true}}", LightOn) { From = "{" }),
        new("ibm-granite-granite-3.3-2B-Instruct", "<|tool_call|> <think> <response>", "<|start_of_role|>assistant<|end_of_role|>",
            new ChatSample("<think>Look.</think><response>Fine.</response>") { Ours = "the marks of the answer are no part of it", Reasoning = "Look.", Content = "Fine." }),
    ];
}
