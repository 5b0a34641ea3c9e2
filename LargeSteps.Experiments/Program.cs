using System.Text;
using LargeSteps.Experiments;
using LargeSteps.Experiments.Commands;

Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
return CommandLine.Run(args, Terminal.System);
