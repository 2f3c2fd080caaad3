namespace Cria.Runtime;

/// <summary>Says which tokens may follow in one text.</summary>
internal interface IConstraint
{
    /// <summary>Whether nothing but the end may follow.</summary>
    bool IsFinished { get; }

    /// <summary>Gives the tokens that may not follow a logit of negative infinity.</summary>
    void Apply(Span<float> logits);

    /// <summary>Tells the constraint of a token that joined the text.</summary>
    void Accept(int token);

    /// <summary>Writes down the tokens that must follow, whatever the model says, and returns their number; 0 where there is a choice.</summary>
    int Forced(Span<int> tokens);
}
