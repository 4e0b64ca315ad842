process.stdout.write('fairlead\n');
