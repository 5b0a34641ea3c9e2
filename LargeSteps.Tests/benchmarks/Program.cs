Console.WriteLine("LargeSteps");
