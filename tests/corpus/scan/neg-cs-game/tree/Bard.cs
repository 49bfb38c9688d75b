using System.Collections.Generic;
using Microsoft.Xna.Framework;

namespace Game.AI;

public enum Agent { Bard, Falcon, Llama, Orca }

public class Torch
{
    public float Light = 1f;
}

public class Bard
{
    private readonly Dictionary<string, string> _whispers = new();
    public Torch Torch { get; } = new();
    public string Model => nameof(Agent.Bard);

    public void Whisper(string to, string text) => _whispers[to] = text;

    public Vector2 Generate(GameTime time) =>
        new((float)time.TotalGameTime.TotalSeconds, Torch.Light);
}
